"""Notifications of Microsoft Graph as they can arrive: anybody can send them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studyteddy.features.calendar.providers import outlook_notices
from studyteddy.features.calendar.providers.outlook_notices import Notice, notices, validation

CHANGE = {
    "id": "lsgTZMr9KwAAA",
    "subscriptionId": "76222963-cc7b-42d2-882d-8aaa69cb2ba3",
    "subscriptionExpirationDateTime": "2026-12-04T00:00:00.0000000Z",
    "clientState": "secret",
    "changeType": "updated",
    "resource": "Users/x/Events/y",
    "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
    "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "y"},
}


def body(*values: Any) -> bytes:
    return json.dumps({"value": values}).encode()


def test_several_subscriptions_in_one_request_are_told_apart() -> None:
    other = {**CHANGE, "subscriptionId": "other", "clientState": "its secret"}
    changed = Notice(CHANGE["subscriptionId"], "secret", "changed")  # type: ignore[arg-type]
    assert notices(body(CHANGE, other, CHANGE)) == [changed, Notice("other", "its secret", "changed")]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("reauthorizationRequired", "reauthorize"),
        ("subscriptionRemoved", "removed"),
        ("missed", "missed"),
        ("somethingNew", "changed"),
        (None, "changed"),
    ],
)
def test_lifecycle_events_are_told_from_changes(event: str | None, kind: str) -> None:
    (notice,) = notices(body({"subscriptionId": "a", "clientState": "s", "lifecycleEvent": event}))
    assert notice == Notice("a", "s", kind)  # type: ignore[arg-type]


def test_what_cannot_be_read_costs_nothing_else() -> None:
    bad: list[Any] = [None, 5, [], {}, {"subscriptionId": 5}, {"subscriptionId": ""}, {"subscriptionId": "x" * 101}]
    bad += [{"subscriptionId": "a", "clientState": "s" * 129}, {"subscriptionId": "a", "clientState": {}}]
    assert notices(body(*bad, {"subscriptionId": "good"})) == [Notice("good", "", "changed")]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", b'{"value": {}}', b"\xff", b'{"value": "\xff"}', b"[" * 100_000, b" " * (1 << 21)],
)
def test_what_is_no_collection_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="the request"):
        notices(raw)


def test_a_request_is_read_up_to_a_limit() -> None:
    many = [{"subscriptionId": f"s{number}"} for number in range(outlook_notices.MAX_NOTICES + 5)]
    assert len(notices(body(*many))) == outlook_notices.MAX_NOTICES


@pytest.mark.parametrize(
    "token",
    ["Validation: Testing client application reachability for subscription Request-Id: 4fa8-1", "a", "x" * 1024],
)
def test_a_validation_is_answered_with_its_token(token: str) -> None:
    assert validation(token) == token.encode()
    assert outlook_notices.HEADERS["content-type"].startswith("text/plain")


@pytest.mark.parametrize("token", ["", "x" * 1025, "<script>", "a&b", 'a"b', "a'b", "a\nb", "ü", "a\x00", "a\x7f"])
def test_a_validation_that_could_be_a_page_is_not_answered(token: str) -> None:
    assert validation(token) is None
