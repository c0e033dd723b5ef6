"""Signing in by OpenID Connect, against a provider that others wrote."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.cast import PASSWORD, join
from tests.conftest import System, serving, settings_for
from tests.peers.openid import CLIENT_ID, CLIENT_SECRET, Peer, provider

from studyteddy import bootstrap
from studyteddy.features.auth.providers.openid import NotVouched, OpenIdConnect
from studyteddy.platform import http

PUBLIC_URL = "https://study.example"
CALLBACK = f"{PUBLIC_URL}/api/auth/google/callback"


@dataclass
class Door:
    """Our server with that provider configured, and the provider."""

    url: str
    peer: Peer
    system: System

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=20)

    async def depart(self, browser: httpx2.AsyncClient) -> tuple[str, str]:
        """The provider's address for us, and the cookie that must come back."""
        answer = await browser.get("/api/auth/google")
        assert answer.status_code == 303
        return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]

    async def sign_in(self, name: str) -> httpx2.Response:
        async with self.browser() as browser:
            address, cookie = await self.depart(browser)
            back = await self.peer.walk(address, name)
            assert back.startswith(CALLBACK)
            # Google says more than the standard asks for.
            query = f"{urlsplit(back).query}&scope=email%20openid&authuser=0&prompt=none"
            return await browser.get(f"/api/auth/google/callback?{query}", headers={"cookie": cookie})

    async def me(self, answer: httpx2.Response) -> dict[str, Any]:
        """Who the session of a callback belongs to."""
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-refresh")]
        sent = {"cookie": cookie.partition(";")[0], "sec-fetch-site": "same-origin"}
        async with self.browser() as browser:
            user: dict[str, Any] = (await browser.post("/api/auth/refresh", headers=sent)).json()["user"]
        return user


@pytest.fixture(scope="module")
async def door(system: System) -> AsyncIterator[Door]:
    async with provider(CALLBACK) as peer:
        settings = settings_for(
            system.engines, public_url=PUBLIC_URL, google_issuer=peer.issuer, google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
        )  # fmt: skip
        async with (
            bootstrap.runtime(settings) as running,
            bootstrap.background(running),
            serving(running) as url,
        ):
            yield Door(url, peer, system)


async def test_a_stranger_gets_an_account_and_keeps_it(door: Door) -> None:
    first = await door.sign_in("ada-one")
    assert (first.status_code, first.headers["location"]) == (303, f"{PUBLIC_URL}/")
    user = await door.me(first)
    assert (user["email"], user["emailVerified"], user["name"]) == ("ada-one@example.org", True, "ada-one")
    assert (await door.me(await door.sign_in("ada-one")))["id"] == user["id"]


async def test_a_verified_account_of_the_same_address_is_linked(door: Door, system: System) -> None:
    person = await join(system.url, "Grace")
    name = person.email.partition("@")[0]
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", person.user["id"])
    assert (await door.me(await door.sign_in(name)))["id"] == person.user["id"]
    assert (await person.get("/api/auth/me")).status_code == 200
    await admin.close()
    await person.http.aclose()


async def test_an_account_made_beforehand_with_a_foreign_address_is_disarmed(door: Door, system: System) -> None:
    thief = await join(system.url, "Prehijack")
    name = thief.email.partition("@")[0]
    owner = await door.me(await door.sign_in(name))
    assert owner["id"] == thief.user["id"]
    async with door.browser() as browser:
        refreshed = await browser.post("/api/auth/refresh", json={"refreshToken": thief.refresh_token})
        signed_in = await browser.post("/api/auth/login", json={"email": thief.email, "password": PASSWORD})
    assert (refreshed.status_code, signed_in.status_code) == (401, 401)
    await thief.http.aclose()


async def test_an_unverified_address_opens_nothing(door: Door) -> None:
    answer = await door.sign_in("unverified-eve")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in_there")


async def test_a_state_is_good_once_and_in_its_browser_only(door: Door) -> None:
    async with door.browser() as browser:
        address, cookie = await door.depart(browser)
        query = urlsplit(await door.peer.walk(address, "ada-two")).query
        path = f"/api/auth/google/callback?{query}"
        assert (await browser.get(path)).status_code == 401
        assert (await browser.get(path, headers={"cookie": "__Host-state=other"})).status_code == 401
        assert (await browser.get(path, headers={"cookie": cookie})).status_code == 303
        assert (await browser.get(path, headers={"cookie": cookie})).status_code == 401


async def test_a_state_of_ours_is_asked_for(door: Door) -> None:
    async with door.browser() as browser:
        _, cookie = await door.depart(browser)
        forged = {"cookie": "__Host-state=made-up"}
        answer = await browser.get("/api/auth/google/callback?code=x&state=made-up", headers=forged)
        assert answer.status_code == 401
        denied = await browser.get("/api/auth/google/callback?error=access_denied", headers={"cookie": cookie})
        assert denied.status_code == 401


@pytest.mark.parametrize("change", [{"code_challenge": None}, {"code_challenge_method": "plain"}])
async def test_the_provider_wants_our_challenge(door: Door, change: dict[str, str | None]) -> None:
    async with door.browser() as browser:
        address, _ = await door.depart(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | change
    assert asked["nonce"]
    assert asked["state"]
    plain = str(httpx2.URL(address.partition("?")[0], params={k: v for k, v in asked.items() if v is not None}))
    async with httpx2.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.get(plain)
    assert "error=invalid_request" in answer.headers.get("location", "")


def registration(peer: Peer, outside: httpx2.AsyncClient, **changes: str) -> OpenIdConnect:
    ours = {
        "issuer": peer.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": CALLBACK
    }  # fmt: skip
    return OpenIdConnect(outside, **(ours | changes))


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
async def test_a_code_is_exchanged_by_us_only(
    door: Door, changes: dict[str, str], verifier: str | None, nonce: str
) -> None:
    right = "a-verifier-that-is-long-enough-to-be-one-0123456789"
    async with http.client() as outside:
        address = await registration(door.peer, outside).address(state="s" * 20, nonce="n", verifier=right)
        code = parse_qs(urlsplit(await door.peer.walk(address, "ada-three")).query)["code"][0]
        with pytest.raises(NotVouched):
            await registration(door.peer, outside, **changes).exchange(code, verifier=verifier or right, nonce=nonce)


def id_token(peer: Peer, *, key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": peer.issuer, "aud": CLIENT_ID, "sub": "ada", "exp": now + 600, "iat": now, "nonce": "n",
        "email": "ada@example.org", "email_verified": True,
    }  # fmt: skip
    given = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(given, key or peer.key, algorithm, headers={"kid": "k1"})


async def test_a_good_id_token_is_believed(door: Door) -> None:
    async with http.client() as outside:
        vouched = await registration(door.peer, outside).check(id_token(door.peer), nonce="n")
    assert (vouched.subject, vouched.email, vouched.email_verified) == ("ada", "ada@example.org", True)


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
        {"key": "a shared secret of more than thirty-two letters", "algorithm": "HS256"},
    ],
)
async def test_a_bad_id_token_is_not(door: Door, changes: dict[str, Any]) -> None:
    async with http.client() as outside:
        with pytest.raises(NotVouched):
            await registration(door.peer, outside).check(id_token(door.peer, **changes), nonce="n")


async def test_an_unsigned_id_token_is_not(door: Door) -> None:
    head, body, _ = id_token(door.peer).split(".")
    none = jwt.utils.base64url_encode(b'{"alg":"none","kid":"k1"}').decode()
    async with http.client() as outside:
        for forged in (f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}.AAAA"):
            with pytest.raises(NotVouched):
                await registration(door.peer, outside).check(forged, nonce="n")


async def test_without_a_registration_it_is_not_offered(guest: httpx2.AsyncClient) -> None:
    answer = await guest.get("/api/auth/google")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
