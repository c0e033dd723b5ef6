"""Sign-in with OpenID Connect, against a third-party provider implementation."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import time
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx2
import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System
from tests.peers.google import CALLBACK, PUBLIC_URL, Setup, cookie, google
from tests.peers.openid import CLIENT_ID, CLIENT_SECRET, Peer

from studyteddy.features.auth.providers.openid import OpenIdConnect, SignInRejected
from studyteddy.features.auth.schemas.oauth import NotSignedInThere, OAuthProfile
from studyteddy.features.auth.schemas.sessions import ClientInfo
from studyteddy.features.auth.service import oauth, two_factor
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.features.auth.store import oauth as oauth_store
from studyteddy.platform import http
from studyteddy.platform.ids import new_id
from studyteddy.platform.mail import Mailer

PENDING = "__Host-pending"
LINK = f"{PUBLIC_URL}/#/sign-in?google=link"
SECOND_FACTOR = f"{PUBLIC_URL}/#/sign-in?google=second-factor"


@pytest.fixture(scope="module")
async def setup(system: System) -> AsyncIterator[Setup]:
    async with google(system) as found:
        yield found


@pytest.fixture
async def admin(system: System) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await system.admin()
    yield connection
    await connection.close()


@pytest.fixture
async def grace(system: System, admin: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Person]:
    """A student with a password and a verified address, which is her address at Google too."""
    person = await join(system.url, "Grace")
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", person.user["id"])
    yield person
    await person.http.aclose()


def at_google(person: Person) -> str:
    """Return the person's name at the provider, which is also the subject."""
    return person.email.partition("@")[0]


async def link(setup: Setup, person: Person) -> dict[str, Any]:
    """Link the person's Google account by signing in; return the new session."""
    return made(await setup.finish(await setup.sign_in(at_google(person)), password=PASSWORD), 200)


async def protect(person: Person) -> pyotp.TOTP:
    """Turn on the second factor; return its app, a step ahead, since the first code is used up."""
    totp = pyotp.TOTP(made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"])
    made(await person.post("/api/auth/second-factor/confirm", {"code": totp.at(time.time() - 30)}), 200)
    return totp


async def hand_over(admin: asyncpg.Connection[asyncpg.Record], user_id: str) -> None:
    """Let the account be linked to another Google account than the one that now has its address."""
    await admin.execute("UPDATE identities SET subject = user_id::text WHERE user_id = $1", user_id)


async def actions(person: Person) -> list[str]:
    """Return the actions in the person's audit log, latest first."""
    return [entry["action"] for entry in (await person.get("/api/users/audit")).json()["items"]]


def starts_no_session(answer: httpx2.Response) -> bool:
    return not [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-refresh")]


async def test_a_new_user_gets_an_account_and_keeps_it(setup: Setup) -> None:
    first = await setup.sign_in("ada-one")
    assert (first.status_code, first.headers["location"]) == (303, f"{PUBLIC_URL}/")
    user = await setup.me(first)
    assert (user["email"], user["emailVerified"], user["name"]) == ("ada-one@example.org", True, "ada-one")
    assert (await setup.me(await setup.sign_in("ada-one")))["id"] == user["id"]


async def test_a_new_user_is_welcomed(setup: Setup, system: System, admin: asyncpg.Connection[asyncpg.Record]) -> None:
    user = await setup.me(await setup.sign_in("ada-new"))
    await system.work()
    told = await admin.fetch("SELECT type FROM notifications WHERE user_id = $1", UUID(user["id"]))
    assert "welcome" in [row["type"] for row in told]


async def test_a_known_address_opens_nothing_until_its_account_is_signed_in_to(setup: Setup, grace: Person) -> None:
    answer = await setup.sign_in(at_google(grace))
    assert (answer.status_code, answer.headers["location"]) == (303, LINK)
    assert starts_no_session(answer)
    attributes = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(PENDING)).lower()
    assert all(part in attributes for part in ("httponly", "secure", "samesite=strict", "path=/", "max-age=600"))
    assert (await grace.get("/api/auth/identities")).json()["items"] == []
    finished = made(await setup.finish(answer, password=PASSWORD), 200)
    assert finished["user"]["id"] == grace.user["id"]
    (identity,) = (await grace.get("/api/auth/identities")).json()["items"]
    assert (identity["email"], identity["issuer"]) == (grace.email, setup.peer.issuer)
    assert (await grace.get("/api/auth/me")).status_code == 200
    assert (await setup.me(await setup.sign_in(at_google(grace))))["id"] == grace.user["id"]


async def test_a_wrong_password_links_nothing_and_can_be_corrected_once(setup: Setup, grace: Person) -> None:
    answer = await setup.sign_in(at_google(grace))
    for wrong in ({"password": "not it at all"}, {}, {"code": "123456"}):
        refused = await setup.finish(answer, **wrong)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_credentials")
    assert (await grace.get("/api/auth/identities")).json()["items"] == []
    finished = await setup.finish(answer, password=PASSWORD, delivery="cookie")
    assert (finished.status_code, (await setup.me(finished))["id"]) == (200, grace.user["id"])
    assert cookie(finished, PENDING) == f'{PENDING}=""'
    again = await setup.finish(answer, password=PASSWORD)
    assert (again.status_code, again.json()["code"]) == (401, "not_signed_in_there")


async def test_a_wrong_password_for_a_link_is_recorded_as_a_refused_sign_in(
    setup: Setup, grace: Person, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    count = "SELECT count(*) FROM audit_anonymous WHERE action = 'sign_in.refused'"
    answer, before = await setup.sign_in(at_google(grace)), await admin.fetchval(count)
    for _ in range(2):
        await setup.finish(answer, password="not it at all")
    assert await admin.fetchval(count) == before + 2


async def test_linking_needs_the_second_factor_too(setup: Setup, grace: Person) -> None:
    totp = await protect(grace)
    answer = await setup.sign_in(at_google(grace))
    assert answer.headers["location"] == LINK
    for proof, code in (({}, "second_factor_required"), ({"code": "000000"}, "bad_code")):
        refused = await setup.finish(answer, password=PASSWORD, **proof)
        assert (refused.status_code, refused.json()["code"]) == (401, code)
    assert (await grace.get("/api/auth/identities")).json()["items"] == []
    made(await setup.finish(answer, password=PASSWORD, code=totp.now()), 200)
    assert (await actions(grace))[:3] == ["signed_in", "identity.linked", "second_factor.refused"]


async def test_a_linked_identity_needs_the_second_factor(setup: Setup, grace: Person) -> None:
    await link(setup, grace)
    totp = await protect(grace)
    answer = await setup.sign_in(at_google(grace))
    assert (answer.status_code, answer.headers["location"]) == (303, SECOND_FACTOR)
    assert starts_no_session(answer)
    for proof, code in (({}, "second_factor_required"), ({"code": "000000"}, "bad_code")):
        refused = await setup.finish(answer, **proof)
        assert (refused.status_code, refused.json()["code"]) == (401, code)
    finished = made(await setup.finish(answer, code=totp.now()), 200)
    assert finished["user"]["id"] == grace.user["id"]
    assert (await actions(grace))[:2] == ["signed_in", "second_factor.refused"]


async def test_an_address_that_changed_hands_opens_nothing(
    setup: Setup, grace: Person, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    """Google gave the address to someone else: same address, another subject."""
    await link(setup, grace)
    await hand_over(admin, grace.user["id"])
    answer = await setup.sign_in(at_google(grace))
    assert answer.headers["location"] == LINK
    assert starts_no_session(answer)


async def test_an_account_without_a_password_is_not_linked_before_a_reset(
    setup: Setup, system: System, guest: httpx2.AsyncClient, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    user = await setup.me(await setup.sign_in("moved-one"))
    await hand_over(admin, user["id"])
    answer = await setup.sign_in("moved-one")
    assert answer.headers["location"] == LINK
    refused = await setup.finish(answer, password=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_credentials")
    assert "Reset the password by mail" in refused.json()["detail"]
    await guest.post("/api/auth/forgot-password", json={"email": user["email"]})
    await system.work()
    mails = "".join(mail.text for mail in system.mails(user["email"]))
    (token,) = re.findall(r"reset-password\?token=(\S+)", mails)
    await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": PASSWORD})
    assert made(await setup.finish(answer, password=PASSWORD), 200)["user"]["id"] == user["id"]


async def test_an_unverified_account_that_is_linked_is_not_taken_over(
    setup: Setup, grace: Person, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    await link(setup, grace)
    await admin.execute("UPDATE users SET email_verified_at = NULL WHERE id = $1", grace.user["id"])
    await hand_over(admin, grace.user["id"])
    assert (await setup.sign_in(at_google(grace))).headers["location"] == LINK
    assert (await grace.get("/api/auth/me")).status_code == 200


async def test_a_pending_sign_in_works_once_in_its_browser_for_ten_minutes(
    setup: Setup, grace: Person, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    answer = await setup.sign_in(at_google(grace))
    foreign = await setup.finish(answer, "cross-site", password=PASSWORD)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
    async with setup.browser() as browser:
        for sent in ({}, {"cookie": f"{PENDING}=made-up"}):
            headers = {"sec-fetch-site": "same-origin", **sent}
            refused = await browser.post("/api/auth/google/finish", json={"password": PASSWORD}, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in_there")
    both = await asyncio.gather(*(setup.finish(answer, password=PASSWORD) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 401]
    await protect(grace)
    answer = await setup.sign_in(at_google(grace))
    await admin.execute(
        "UPDATE pending_sign_ins SET expires_at = now() - interval '1 second' WHERE user_id = $1", grace.user["id"]
    )
    late = await setup.finish(answer, code="000000")
    assert (late.status_code, late.json()["code"]) == (401, "not_signed_in_there")


@pytest.mark.parametrize("linked", [True, False])
async def test_guesses_at_a_pending_sign_in_are_those_of_the_account(
    setup: Setup, guest: httpx2.AsyncClient, grace: Person, linked: bool
) -> None:
    if linked:
        await link(setup, grace)
        await protect(grace)
    answer = await setup.sign_in(at_google(grace))
    wrong = {"code": "000000"} if linked else {"password": "not it at all"}
    statuses = [(await setup.finish(answer, **wrong)).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    spent = await guest.post("/api/auth/login", json={"email": grace.email, "password": PASSWORD})
    assert spent.status_code == 429


async def test_unlinking_ends_what_the_identity_may_have_begun(setup: Setup, system: System, grace: Person) -> None:
    session = await link(setup, grace)
    key = made(await grace.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))["key"]
    (identity,) = (await grace.get("/api/auth/identities")).json()["items"]
    assert (await grace.delete(f"/api/auth/identities/{identity['id']}")).status_code == 204
    assert (await grace.get("/api/auth/identities")).json()["items"] == []
    for credential in (session["accessToken"], key):
        assert (await grace.get("/api/tasks", headers={"authorization": f"Bearer {credential}"})).status_code == 401
    assert (await setup.sign_in(at_google(grace))).headers["location"] == LINK
    assert (await actions(grace))[0] == "identity.unlinked"


async def test_unlinking_keeps_api_keys_if_asked_to(setup: Setup, grace: Person) -> None:
    await link(setup, grace)
    key = made(await grace.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))["key"]
    (identity,) = (await grace.get("/api/auth/identities")).json()["items"]
    assert (await grace.delete(f"/api/auth/identities/{identity['id']}?revokeApiKeys=false")).status_code == 204
    assert (await grace.get("/api/tasks", headers={"authorization": f"Bearer {key}"})).status_code == 200


async def test_a_reset_unlinks_all_identities(setup: Setup, guest: httpx2.AsyncClient, grace: Person) -> None:
    """Whoever had the address before may have linked one."""
    await link(setup, grace)
    await guest.post("/api/auth/forgot-password", json={"email": grace.email})
    await setup.system.work()
    (token,) = re.findall(r"reset-password\?token=(\S+)", "".join(m.text for m in setup.system.mails(grace.email)))
    body = {"token": token, "newPassword": "a different sentence"}
    assert (await guest.post("/api/auth/reset-password", json=body)).status_code == 200
    assert (await setup.sign_in(at_google(grace))).headers["location"] == LINK


async def test_the_last_way_to_sign_in_is_not_unlinked(setup: Setup) -> None:
    answer = await setup.sign_in("without-a-password")
    sent = {"cookie": cookie(answer, "__Host-refresh"), "sec-fetch-site": "same-origin"}
    async with setup.browser() as browser:
        token = (await browser.post("/api/auth/refresh", headers=sent)).json()["accessToken"]
        bearer = {"authorization": f"Bearer {token}"}
        (identity,) = (await browser.get("/api/auth/identities", headers=bearer)).json()["items"]
        refused = await browser.delete(f"/api/auth/identities/{identity['id']}", headers=bearer)
        assert (refused.status_code, refused.json()["code"]) == (409, "password_needed")
        assert len((await browser.get("/api/auth/identities", headers=bearer)).json()["items"]) == 1


async def test_linking_and_unlinking_are_told_in_the_app_and_by_mail(
    setup: Setup, system: System, grace: Person
) -> None:
    await link(setup, grace)
    (identity,) = (await grace.get("/api/auth/identities")).json()["items"]
    await grace.delete(f"/api/auth/identities/{identity['id']}")
    await system.work()
    told = [note["title"] for note in (await grace.get("/api/notifications")).json()["items"]]
    mailed = [mail.text for mail in system.mails(grace.email) if "Security notice" in mail.subject]
    for what in ("A Google account was linked to your account", "A Google account was unlinked from your account"):
        assert told.count(what) == 1
        assert len([text for text in mailed if what in text]) == 1


async def test_credentials_of_an_unverified_account_are_revoked(setup: Setup, system: System) -> None:
    thief = await join(system.url, "Prehijack")
    name = thief.email.partition("@")[0]
    owner = await setup.me(await setup.sign_in(name))
    assert owner["id"] == thief.user["id"]
    async with setup.browser() as browser:
        refreshed = await browser.post("/api/auth/refresh", json={"refreshToken": thief.refresh_token})
        signed_in = await browser.post("/api/auth/login", json={"email": thief.email, "password": PASSWORD})
    assert (refreshed.status_code, signed_in.status_code) == (401, 401)
    await thief.http.aclose()


async def test_an_unverified_address_is_rejected(setup: Setup) -> None:
    answer = await setup.sign_in("unverified-eve")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in_there")


async def test_a_state_is_valid_once_and_only_in_its_browser(setup: Setup) -> None:
    async with setup.browser() as browser:
        address, cookie = await setup.begin(browser)
        query = urlsplit(await setup.peer.walk(address, "ada-two")).query
        path = f"/api/auth/google/callback?{query}"
        assert (await browser.get(path)).status_code == 401
        assert (await browser.get(path, headers={"cookie": "__Host-state=other"})).status_code == 401
        assert (await browser.get(path, headers={"cookie": cookie})).status_code == 303
        assert (await browser.get(path, headers={"cookie": cookie})).status_code == 401


async def test_a_sign_in_at_google_may_take_ten_minutes(setup: Setup) -> None:
    """The cookie of the state lasts as long as the state, and goes with it."""
    async with setup.browser() as browser:
        begun = (await browser.get("/api/auth/google")).headers["set-cookie"].lower()
    ended = (await setup.sign_in("ada-three")).headers.get_list("set-cookie")
    assert "max-age=600" in begun
    assert [one for one in ended if one.startswith("__Host-state") and "Max-Age=0" in one]


@pytest.mark.parametrize("query", ["error=access_denied", "error=access_denied&code=x", "", "code="])
async def test_who_cancels_at_google_can_go_on(setup: Setup, query: str) -> None:
    """The state isn't used up by an answer without a code."""
    async with setup.browser() as browser:
        path, cookie = await setup.consent(browser, "ada-four")
        state = parse_qs(urlsplit(path).query)["state"][0]
        refused = await browser.get(f"/api/auth/google/callback?state={state}&{query}", headers={"cookie": cookie})
        assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in_there")
        assert (await browser.get(path, headers={"cookie": cookie})).status_code == 303


async def test_a_state_of_our_own_is_required(setup: Setup) -> None:
    async with setup.browser() as browser:
        _, cookie = await setup.begin(browser)
        forged = {"cookie": "__Host-state=made-up"}
        answer = await browser.get("/api/auth/google/callback?code=x&state=made-up", headers=forged)
        assert answer.status_code == 401
        denied = await browser.get("/api/auth/google/callback?error=access_denied", headers={"cookie": cookie})
        assert denied.status_code == 401


@pytest.mark.parametrize("change", [{"code_challenge": None}, {"code_challenge_method": "plain"}])
async def test_the_provider_requires_our_challenge(setup: Setup, change: dict[str, str | None]) -> None:
    async with setup.browser() as browser:
        address, _ = await setup.begin(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | change
    assert asked["nonce"]
    assert asked["state"]
    plain = str(httpx2.URL(address.partition("?")[0], params={k: v for k, v in asked.items() if v is not None}))
    async with httpx2.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.get(plain)
    assert "error=invalid_request" in answer.headers.get("location", "")


def registration(peer: Peer, outside: httpx2.AsyncClient, **changes: str) -> OpenIdConnect:
    defaults = {"issuer": peer.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": CALLBACK}
    return OpenIdConnect(outside, **(defaults | changes))


@pytest.mark.parametrize(
    ("changes", "verifier", "nonce"),
    [
        ({}, "another-verifier-that-is-long-enough-to-be-one-1234", "n"),
        ({}, None, "another nonce"),
        ({"redirect_uri": f"{CALLBACK}/"}, None, "n"),
        ({"client_secret": "wrong"}, None, "n"),
        ({"client_id": "somebody-else"}, None, "n"),
    ],
)
async def test_only_our_client_can_exchange_a_code(
    setup: Setup, changes: dict[str, str], verifier: str | None, nonce: str
) -> None:
    right = "a-verifier-that-is-long-enough-to-be-one-0123456789"
    async with http.client() as outside:
        address = await registration(setup.peer, outside).address(state="s" * 20, nonce="n", verifier=right)
        code = parse_qs(urlsplit(await setup.peer.walk(address, "ada-three")).query)["code"][0]
        with pytest.raises(SignInRejected):
            await registration(setup.peer, outside, **changes).exchange(code, verifier=verifier or right, nonce=nonce)


def id_token(peer: Peer, *, key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": peer.issuer,
        "aud": CLIENT_ID,
        "sub": "ada",
        "exp": now + 600,
        "iat": now,
        "nonce": "n",
        "email": "ada@example.org",
        "email_verified": True,
    }
    given = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(given, key or peer.key, algorithm, headers={"kid": "k1"})


async def test_a_valid_id_token_is_accepted(setup: Setup) -> None:
    async with http.client() as outside:
        profile = await registration(setup.peer, outside).check(id_token(setup.peer), nonce="n")
    assert (profile.subject, profile.email, profile.email_verified) == ("ada", "ada@example.org", True)


NO_NUMBERS: tuple[Any, ...] = (float("inf"), "soon", [], {}, 10**400)
ODD: dict[str, tuple[Any, ...]] = {
    "exp": (*NO_NUMBERS, float("nan"), -1, -(10**400), 2**63),
    "iat": NO_NUMBERS,
    "nbf": NO_NUMBERS,
    "aud": ([], [1], [[CLIENT_ID]], {CLIENT_ID: 1}, 5),
    "sub": ("\ud800", "a\x00b", ["ada"], 5, "a" * 256),
}
"""Claims of forms that no provider sends."""


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT_ID, "somebody-else"]},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"nonce": "another"},
        {"nonce": None},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        *({name: value} for name, values in ODD.items() for value in values),
        *({"azp": azp, "aud": [CLIENT_ID, "somebody-else"]} for azp in (5, [CLIENT_ID])),
        {"key": "a shared secret of more than thirty-two letters", "algorithm": "HS256"},
    ],
)
async def test_an_invalid_id_token_is_rejected(setup: Setup, changes: dict[str, Any]) -> None:
    async with http.client() as outside:
        with pytest.raises(SignInRejected):
            await registration(setup.peer, outside).check(id_token(setup.peer, **changes), nonce="n")


@pytest.mark.parametrize(
    ("claims", "email", "name"),
    [
        ({"email": "Ada@Example.org", "name": "Ada"}, "ada@example.org", "Ada"),
        ({"email": "a" * 65 + "@example.org"}, "", ""),  # cut to a valid length, it would be somebody else's
        ({"email": "ada@example.org" + "x" * 300}, "", ""),
        ({"email": ["ada@example.org"], "name": {"first": "Ada"}}, "", ""),
        ({"email": "a..b@example.org", "name": "\u200b\u0301"}, "", ""),
        ({"email": "ada@example.org", "name": "A" * 300}, "ada@example.org", "A" * 100),
        ({"email": "ada@example.org", "name": "A\x00da"}, "ada@example.org", ""),
    ],
)
async def test_an_account_gets_only_a_valid_address_and_name(
    setup: Setup, claims: dict[str, Any], email: str, name: str
) -> None:
    async with http.client() as outside:
        profile = await registration(setup.peer, outside).check(id_token(setup.peer, **claims), nonce="n")
    assert (profile.email, profile.name) == (email, name)


async def test_an_unsigned_id_token_is_rejected(setup: Setup) -> None:
    head, body, _ = id_token(setup.peer).split(".")
    none = jwt.utils.base64url_encode(b'{"alg":"none","kid":"k1"}').decode()
    async with http.client() as outside:
        for forged in (f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}.AAAA"):
            with pytest.raises(SignInRejected):
                await registration(setup.peer, outside).check(forged, nonce="n")


async def test_sign_in_is_unavailable_without_configuration(guest: httpx2.AsyncClient) -> None:
    answer = await guest.get("/api/auth/google")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("revoke", [True, False])
async def test_the_log_and_the_notice_count_the_api_keys_that_unlinking_revokes(
    setup: Setup, system: System, grace: Person, admin: asyncpg.Connection[asyncpg.Record], count: int, revoke: bool
) -> None:
    await link(setup, grace)
    for _ in range(count):
        made(await grace.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))
    (identity,) = (await grace.get("/api/auth/identities")).json()["items"]
    path = f"/api/auth/identities/{identity['id']}?revokeApiKeys={str(revoke).lower()}"
    assert (await grace.delete(path)).status_code == 204
    await system.work()
    revoked = count if revoke else 0
    sql = "SELECT action, address, detail FROM audit_log WHERE user_id = $1 AND action LIKE 'identity.%' ORDER BY seq"
    found = [(*row[:2], json.loads(row[2])) for row in await admin.fetch(sql, UUID(grace.user["id"]))]
    about = {"issuer": setup.peer.issuer, "email": grace.email}
    assert found == [
        ("identity.linked", "127.0.0.1", about),
        ("identity.unlinked", "127.0.0.1", {**about, "keys": revoked}),
    ]
    notes = {note["title"]: note["body"] for note in (await grace.get("/api/notifications")).json()["items"]}
    assert ("API keys" in notes["A Google account was unlinked from your account"]) is (revoked > 0)


async def test_sign_ins_at_google_leave_each_other_alone(
    setup: Setup, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    """Each browser has a state of its own, for ten minutes."""
    async with setup.browser() as browser:
        first, second, late = [await setup.consent(browser, f"ada-{name}") for name in ("five", "six", "seven")]
        state = parse_qs(urlsplit(late[0]).query)["state"][0]
        for path, cookie in (first, second):
            assert (await browser.get(path, headers={"cookie": cookie})).status_code == 303
        ended = "UPDATE sign_in_flows SET expires_at = now() - interval '1 second' WHERE hash = $1"
        assert await admin.execute(ended, sha256(b"state\0" + state.encode()).digest()) == "UPDATE 1"
        assert (await browser.get(late[0], headers={"cookie": late[1]})).status_code == 401


async def test_an_unknown_pending_sign_in_is_no_other_one(setup: Setup, grace: Person) -> None:
    """Whatever is entered for it, and although somebody else's is pending."""
    answer = await setup.sign_in(at_google(grace))
    async with setup.browser() as browser:
        headers = {"sec-fetch-site": "same-origin", "cookie": f"{PENDING}=made-up"}
        refused = await browser.post("/api/auth/google/finish", json={"password": "not it at all"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in_there")
    finished = await setup.finish(answer, password=PASSWORD)
    (ended,) = [one for one in finished.headers.get_list("set-cookie") if one.startswith(PENDING)]
    assert "Max-Age=0" in ended


async def test_an_identity_that_another_account_was_linked_to_meanwhile_is_not_linked(
    setup: Setup, grace: Person, bob: Person, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    answer = await setup.sign_in(at_google(grace))
    await admin.execute(
        "INSERT INTO identities (id, user_id, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, $5, now())",
        new_id(),
        UUID(bob.user["id"]),
        setup.peer.issuer,
        at_google(grace),
        bob.email,
    )
    refused = await setup.finish(answer, password=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in_there")
    assert (await grace.get("/api/auth/identities")).json()["items"] == []


# What an account is made from, with a provider that says what a test wants.


class Saying:
    """A provider that vouches for a profile, whatever the code is."""

    def __init__(self, **profile: Any) -> None:
        standard: dict[str, Any] = {
            "subject": str(new_id()),
            "email": f"{new_id()}@example.org",
            "email_verified": True,
            "name": "",
        }
        self.profile = OAuthProfile("https://accounts.example.org", **(standard | profile))

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        assert len({state, nonce, verifier}) == 3
        assert {len(secret) for secret in (state, nonce, verifier)} == {43}, "256 random bits each"
        return "https://accounts.example.org/auth"

    async def exchange(self, code: str, *, verifier: str, nonce: str) -> OAuthProfile:
        return self.profile

    async def sign_in(self, system: System) -> Grant | oauth.MoreProof:
        running = system.running
        begun = await oauth.begin(running.db, self)  # type: ignore[arg-type]
        return await oauth.receive(
            running.db,
            self,  # type: ignore[arg-type]
            code="code",
            state=begun.state,
            cookie=begun.state,
            refresh=running.refresh_tokens,
            mailer=running.mailer,
            device=ClientInfo("Browser", "192.0.2.7"),
            second_factor=partial(two_factor.check, field_encryption=running.field_encryption),
        )


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ({"name": "Ada Lovelace"}, "Ada Lovelace"),
        ({"name": " Ada "}, "Ada"),
        ({"name": "", "email": "count.{}@example.org"}, "count.{}"),
        ({"name": "  ", "email": "count.{}@example.org"}, "count.{}"),
    ],
)
async def test_an_account_has_the_name_of_its_identity_or_of_its_address(
    system: System, profile: dict[str, str], name: str
) -> None:
    once = new_id().hex
    found = await Saying(**{key: value.format(once) for key, value in profile.items()}).sign_in(system)
    assert isinstance(found, Grant)
    assert (found.user.name, found.user.email_verified) == (name.format(once), True)


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ({"email_verified": False}, "hasn't verified"),
        ({"email": ""}, "hasn't verified"),
        ({"email": "ä-{}@example.org"}, "can't send mail"),
    ],
)
async def test_an_address_that_mail_may_not_reach_makes_no_account(
    system: System, profile: dict[str, Any], why: str
) -> None:
    """Unverified, missing, or not accepted by the mail server."""
    given = {key: value.format(new_id()) if isinstance(value, str) else value for key, value in profile.items()}
    refusing = Refusing(system.running.mailer)
    running = dataclasses.replace(system.running, mailer=refusing)  # type: ignore[arg-type]
    with pytest.raises(NotSignedInThere, match=why):
        await Saying(**given).sign_in(dataclasses.replace(system, running=running))


class Refusing:
    """A mailer that takes no address outside ASCII."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def accepts(self, address: str) -> bool:
        return address.isascii() and self._mailer.accepts(address)


async def test_the_owner_of_an_address_gets_the_account_that_nobody_has_proved(system: System) -> None:
    """Its credentials are revoked, its address is verified, and the log says from where it was linked."""
    thief = await join(system.url, "Squatter")
    found = await Saying(email=thief.email).sign_in(system)
    assert isinstance(found, Grant)
    assert (str(found.user.id), found.user.email_verified) == (thief.user["id"], True)
    database = await system.admin()
    sql = "SELECT action, address FROM audit_log WHERE user_id = $1 ORDER BY seq OFFSET 1"
    told = [tuple(row) for row in await database.fetch(sql, found.user.id)]
    assert told == [("identity.linked", "192.0.2.7"), ("signed_in", "192.0.2.7")]
    await database.close()
    await thief.http.aclose()


async def test_an_identity_that_registers_twice_at_once_gets_one_account(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another address each time, since it may have changed in between."""
    slow, fast = Saying(subject="twice"), Saying(subject="twice")
    reached, opened = asyncio.Event(), asyncio.Event()
    find_account = oauth_store.find_account

    async def held(*args: Any) -> UUID | None:
        found = await find_account(*args)
        if not reached.is_set():
            reached.set()
            await opened.wait()
        return found

    monkeypatch.setattr(oauth_store, "find_account", held)
    waiting = asyncio.ensure_future(slow.sign_in(system))
    await reached.wait()
    assert isinstance(await fast.sign_in(system), Grant)
    opened.set()
    with pytest.raises(NotSignedInThere):
        await waiting
    database = await system.admin()
    emails = [slow.profile.email, fast.profile.email]
    assert await database.fetchval("SELECT count(*) FROM users WHERE email = ANY($1)", emails) == 1
    await database.close()
