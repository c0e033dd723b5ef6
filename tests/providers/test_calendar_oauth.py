"""Consent to use a calendar account, with the habits of Google and of Microsoft."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.peers.google_calendar import Fault
from tests.peers.google_oauth import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI
from tests.providers.google_world import BUSY, EVENTS, World, since, world
from tests.providers.test_google_calendar import OAUTH_RULES

from studyteddy.features.calendar.providers import oauth
from studyteddy.features.calendar.providers.oauth import (
    GOOGLE_BUSY_SCOPES,
    GOOGLE_EVENTS_SCOPE,
    MICROSOFT_SCOPES,
    OAuth,
    Tokens,
)
from studyteddy.features.calendar.providers.provider import Failing, SignInRequired

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # of RFC 7636, appendix B
REGISTERED = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}


@pytest.fixture(name="google")
async def _google() -> AsyncIterator[World]:
    async with world() as google:
        yield google


def client(google: World, vendor: str = "google", **other: str) -> OAuth:
    url = google.server.url.rstrip("/")
    if vendor == "google":
        return oauth.google(google.http, issuer=url, **{**REGISTERED, **other})
    return oauth.microsoft(google.http, login_url=url, **{**REGISTERED, **other})


async def consented(google: World, found: OAuth, *scopes: str) -> dict[str, str]:
    """Return what the browser brings back after the student's consent."""
    url = await found.authorization_url("s t&te", VERIFIER, scopes or EVENTS)
    answer = await google.http.get(url)
    assert answer.status_code == 302
    return {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def exchanged(google: World, found: OAuth, *scopes: str) -> Tokens:
    return await found.exchange((await consented(google, found, *scopes))["code"], VERIFIER)


def forms(google: World) -> list[dict[str, list[str]]]:
    return [parse_qs(one.body.decode()) for one in google.server.requests if one.method == "POST"]


async def test_a_student_consents_and_the_calendar_is_read(google: World) -> None:
    found = client(google)
    assert (await consented(google, found))["state"] == "s t&te"
    tokens = await exchanged(google, found)
    assert tokens.scopes == frozenset(EVENTS)
    assert tokens.expires_in == 3599
    google.put("exam")
    assert len((await since(google.client(*tokens.scopes, token=tokens.access_token))).changed) == 1
    refreshed = await found.refresh(tokens.refresh_token)
    assert refreshed.access_token != tokens.access_token
    assert (refreshed.refresh_token, refreshed.scopes) == ("", tokens.scopes)
    assert (await found.refresh(tokens.refresh_token)).access_token


async def test_googles_endpoints_and_parameters(google: World) -> None:
    found = oauth.google(google.http, **REGISTERED)
    url = await found.authorization_url("state", VERIFIER, GOOGLE_BUSY_SCOPES, "alice@example.com")
    address, _, query = url.partition("?")
    assert address == "https://accounts.google.com/o/oauth2/v2/auth"
    asked = {name: one[0] for name, one in parse_qs(query).items()}
    assert asked.pop("code_challenge") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(BUSY),
        "state": "state",
        "code_challenge_method": "S256",
        "login_hint": "alice@example.com",
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
    }
    assert "login_hint" not in await found.authorization_url("state", VERIFIER, GOOGLE_BUSY_SCOPES)
    assert google.server.requests == []


async def test_microsofts_endpoints_and_parameters(google: World) -> None:
    url = await oauth.microsoft(google.http, **REGISTERED).authorization_url("state", VERIFIER, MICROSOFT_SCOPES)
    assert url.startswith("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?")
    asked = parse_qs(urlsplit(url).query)
    assert asked["scope"] == ["offline_access User.Read Calendars.ReadWrite"]
    assert "access_type" not in asked


async def test_microsoft_rotates_refresh_tokens(google: World) -> None:
    found = client(google, "microsoft")
    tokens = await exchanged(google, found, *MICROSOFT_SCOPES)
    assert tokens.scopes == {"User.Read", "Calendars.ReadWrite"}
    rotated = await found.refresh(tokens.refresh_token)
    assert rotated.refresh_token not in ("", tokens.refresh_token)
    await found.refresh(rotated.refresh_token)
    with pytest.raises(SignInRequired):
        await found.refresh(tokens.refresh_token)


async def test_boxes_that_were_not_ticked_are_seen(google: World) -> None:
    google.server.oauth.unticked = {GOOGLE_EVENTS_SCOPE}
    assert (await exchanged(google, client(google))).scopes == frozenset(BUSY)


async def test_a_code_needs_its_verifier(google: World) -> None:
    found = client(google)
    code = (await consented(google, found))["code"]
    with pytest.raises(SignInRequired):
        await found.exchange(code, "w" * 43)
    await found.exchange(code, VERIFIER)


async def test_a_code_that_is_used_twice_takes_back_what_it_gave(google: World) -> None:
    found = client(google)
    code = (await consented(google, found))["code"]
    tokens = await found.exchange(code, VERIFIER)
    with pytest.raises(SignInRequired):
        await found.exchange(code, VERIFIER)
    with pytest.raises(SignInRequired):
        await found.refresh(tokens.refresh_token)


@pytest.mark.parametrize("fault", [{"cut": True}, {"lost": True}, {"status": 503}, {"status": 429}])
async def test_a_code_is_never_sent_again_by_itself(google: World, fault: dict[str, Any]) -> None:
    found = client(google)
    code = (await consented(google, found))["code"]
    google.server.faults.append(Fault("/token", **fault))
    with pytest.raises(Failing):
        await found.exchange(code, VERIFIER)
    assert len(forms(google)) == 1


async def test_without_a_refresh_token_a_consent_is_of_no_use(google: World) -> None:
    found = OAuth(google.http, google.server.url, **REGISTERED, extra={})
    with pytest.raises(SignInRequired):
        await exchanged(google, found)


async def test_a_revoked_consent_needs_another_one(google: World) -> None:
    found = client(google)
    tokens = await exchanged(google, found)
    await found.revoke(tokens.refresh_token)
    with pytest.raises(SignInRequired):
        await found.refresh(tokens.refresh_token)
    with pytest.raises(SignInRequired):
        await since(google.client(token=tokens.access_token))
    await found.revoke(tokens.refresh_token)


async def test_a_revocation_may_fail(google: World) -> None:
    found = client(google)
    google.server.faults.append(Fault("/revoke", cut=True))
    await found.revoke("any")
    await client(google, "microsoft").revoke("any")
    assert sum(one.path == "/revoke" for one in google.server.requests) == 1


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "consent_required", "login_required"])
async def test_a_consent_that_ended_is_asked_for_at_once(google: World, error: str) -> None:
    found = client(google)
    tokens = await exchanged(google, found)
    google.server.oauth.error = error
    with pytest.raises(SignInRequired) as fault:
        await found.refresh(tokens.refresh_token)
    assert "Connect again" in str(fault.value)
    assert len(forms(google)) == 2


async def test_what_the_operator_did_wrong_is_not_the_students_fault(google: World) -> None:
    with pytest.raises(Failing, match="invalid_client"):
        await exchanged(google, client(google, client_secret="another"))
    google.server.oauth.error = "<script>\n"
    with pytest.raises(Failing) as fault:
        await exchanged(google, client(google))
    assert "script" not in str(fault.value)


@pytest.mark.parametrize(
    ("fault", "reason", "seconds"),
    [
        (Fault("/token", 429, headers={"Retry-After": "9"}), "too_many_requests", 9),
        (Fault("/token", 503, headers={"Retry-After": "9"}), "unavailable", 9),
        (Fault("/token", cut=True), "unreachable", None),
        (Fault("/token", 302, headers={"Location": "https://example.com"}), "invalid_response", None),
        (Fault("/token", body=b"<html>"), "invalid_response", None),
        (Fault("/token", body=b"x" * 200_000), "too_large", None),
        (Fault("/token", body=b'{"access_token": "a", "token_type": "mac"}'), "invalid_response", None),
        (Fault("/token", body=b'{"access_token": "", "token_type": "bearer"}'), "invalid_response", None),
        (Fault("/token", body=b'{"access_token": "a\\r\\nb", "token_type": "bearer"}'), "invalid_response", None),
        (
            Fault("/token", body=b'{"access_token": "a", "token_type": "bearer", "expires_in": -1}'),
            *("invalid_response", None),
        ),
        (Fault("/token", 400, body=b"[]"), "invalid_response", None),
    ],
)
async def test_faults_of_the_server(google: World, fault: Fault, reason: str, seconds: float | None) -> None:
    google.server.faults.append(Fault(**vars(fault)))
    with pytest.raises(Failing) as failing:
        await client(google).refresh("any")
    assert (failing.value.reason, failing.value.retry_after) == (reason, seconds)


async def test_an_answer_may_say_little(google: World) -> None:
    answers = [
        b'{"access_token": "a", "token_type": "BEARER", "expires_in": "60"}',
        b'{"access_token": "a", "token_type": "Bearer"}',
    ]
    google.server.faults += [Fault("/token", body=body) for body in answers]
    found = client(google)
    assert await found.refresh("any") == Tokens("a", "", 60, frozenset())
    assert await found.refresh("any") == Tokens("a", "", oauth.DEFAULT_SECONDS, frozenset())


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://example.com"},
        {"token_endpoint": "https://example.com/token"},
        {"revocation_endpoint": "https://example.com/revoke"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
async def test_endpoints_of_another_server_are_refused(google: World, change: dict[str, Any]) -> None:
    url = google.server.url.rstrip("/")
    document = {
        "issuer": url,
        "authorization_endpoint": f"{url}{AUTHORIZE[0]}",
        "token_endpoint": f"{url}/token",
        "revocation_endpoint": f"{url}/revoke",
    }
    google.server.faults.append(Fault("well-known", body=msgspec.json.encode({**document, **change})))
    found = client(google)
    with pytest.raises(Failing) as fault:
        await found.authorization_url("state", VERIFIER, BUSY)
    assert fault.value.reason == "invalid_response"
    assert (await found.authorization_url("state", VERIFIER, BUSY)).startswith(url)


async def test_a_server_that_is_away_is_asked_again_later(google: World) -> None:
    google.server.faults.append(Fault("well-known", 500))
    found = client(google)
    with pytest.raises(Failing) as fault:
        await found.refresh("any")
    assert fault.value.reason == "unreachable"
    with pytest.raises(SignInRequired):
        await found.refresh("any")


async def test_no_token_is_told(google: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "studyteddy")
    found = client(google)
    tokens = await exchanged(google, found)
    assert str(tokens) == repr(tokens) == f"{tokens}" == "Tokens(...)"
    google.server.oauth.error = tokens.access_token.replace("-", "_")
    with pytest.raises(Failing) as fault:
        await found.refresh(tokens.refresh_token)
    for text in (str(fault.value), caplog.text):
        assert not any(secret in text for secret in (tokens.access_token, tokens.refresh_token, CLIENT_SECRET))


BROKEN: list[tuple[str, Callable[[World], Awaitable[None]]]] = [
    ("pkce", test_a_code_needs_its_verifier),
    ("code_once", test_a_code_that_is_used_twice_takes_back_what_it_gave),
    ("granted_scopes", test_boxes_that_were_not_ticked_are_seen),
    ("refresh_rotation", test_microsoft_rotates_refresh_tokens),
    ("revocation", test_a_revoked_consent_needs_another_one),
]


@pytest.mark.parametrize(("rule", "check"), BROKEN, ids=[rule for rule, _ in BROKEN])
async def test_a_broken_rule_is_noticed(rule: str, check: Callable[[World], Awaitable[None]]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        async with world(rule) as google:
            await check(google)


def test_every_rule_is_broken_once() -> None:
    assert {rule for rule, _ in BROKEN} == OAUTH_RULES
