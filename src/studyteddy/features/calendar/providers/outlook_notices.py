"""What Microsoft Graph sends to the addresses of a subscription. Anybody can send there, so nothing of it is believed.

A notification only says that something may have changed, so it leads to a round of changes and to nothing else. It is
answered at once with 202: slow addresses get their notifications late, or not at all.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

MAX_BYTES: Final = 1 << 20
MAX_NOTICES: Final = 1000
"""Notifications of one request that are read; the others will be found by the next round."""
MAX_TOKEN: Final = 1024
HEADERS: Final = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
"""Of the answer to a validation."""
_TOKEN: Final = re.compile(rf"[ !#-%(-;=?-~]{{1,{MAX_TOKEN}}}")
"""Without the characters that mean something in HTML."""

Kind = Literal["changed", "reauthorize", "removed", "missed"]
"""What happened: an event changed; the subscription must be renewed, with a new access token; it was removed, so a new
one is needed, and a round; or notifications were lost, so everything must be read again."""
_LIFECYCLE: Final[dict[str, Kind]] = {
    "reauthorizationRequired": "reauthorize",
    "subscriptionRemoved": "removed",
    "missed": "missed",
}


class Notice(msgspec.Struct, frozen=True):
    """Something happened to a subscription, if the secret is right: compare it in constant time."""

    subscription: str
    secret: str
    kind: Kind


class _Notification(msgspec.Struct, rename="camel"):
    subscription_id: str
    client_state: str | None = None
    lifecycle_event: str | None = None


class _Collection(msgspec.Struct):
    value: list[Any]


def notices(body: bytes) -> list[Notice]:
    """Return what a request contains, each notice once; raise `ValueError` if it is no collection of notifications.

    A notification that can't be read is left out: it costs no other one.
    """
    if len(body) > MAX_BYTES:
        raise ValueError("the request is too large")
    try:
        values = msgspec.json.decode(body, type=_Collection).value
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError("the request contains no notifications") from fault
    found = dict[Notice, None]()
    for value in values[:MAX_NOTICES]:
        try:
            notification = msgspec.convert(value, _Notification)
        except msgspec.ValidationError:
            continue
        subscription, secret = notification.subscription_id, notification.client_state or ""
        if 0 < len(subscription) <= 100 and len(secret) <= 128:
            kind = _LIFECYCLE.get(notification.lifecycle_event or "", "changed")
            found[Notice(subscription, secret, kind)] = None
    return list(found)


def validation(token: str) -> bytes | None:
    """Return the body of the answer to a validation, the decoded token itself, or None if the token isn't acceptable.

    It is sent with the status 200 and `HEADERS`, within ten seconds.
    """
    return token.encode() if _TOKEN.fullmatch(token) else None
