"""What a client of an OpenID Connect provider reads from it, how often, and what it accepts."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any, Self

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from studyteddy.features.auth.providers import openid
from studyteddy.features.auth.providers.openid import OpenIdConnect, SignInRejected
from studyteddy.features.auth.schemas.oauth import OAuthProfile
from studyteddy.platform.http import Unreachable

ISSUER, CLIENT = "https://accounts.example.org", "study-teddy"
TODAY = 1_800_000_000
KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 16) for name in ("k1", "k2")}


class Today(datetime):
    """A calendar that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(TODAY, tz)


class Provider:
    """A provider without a network, on a clock that only advances when set; remembers what was read."""

    def __init__(self) -> None:
        self.now = 10_000.0
        self.issuer = ISSUER
        self.keys = ["k1"]
        self.read: list[str] = []
        self.client = OpenIdConnect(
            None,  # type: ignore[arg-type]
            issuer=ISSUER,
            client_id=CLIENT,
            client_secret="secret",
            redirect_uri="https://here.example.org/back",
        )

    async def fetch(self, _: object, method: str, url: str, *, form: object = None) -> bytes:
        self.read.append(url.rpartition("/")[2])
        if url.endswith("keys"):
            shown = [
                json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(KEYS[one].public_key())) | {"kid": one, "use": "sig"}
                for one in self.keys
            ]
            return json.dumps({"keys": shown}).encode()
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        places = zip(names, (f"{ISSUER}/{part}" for part in ("auth", "token", "keys")), strict=True)
        return json.dumps({"issuer": self.issuer, **dict(places)}).encode()

    async def check(self, *, kid: str = "k1", **claims: Any) -> OAuthProfile:
        standard = {"iss": ISSUER, "sub": "1", "aud": CLIENT, "iat": TODAY, "exp": TODAY + 60, "nonce": "n"}
        token = jwt.encode(standard | claims, KEYS[kid], "EdDSA", headers={"kid": kid})
        return await self.client.check(token, nonce="n")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    found = Provider()
    monkeypatch.setattr(openid, "fetch", found.fetch)
    monkeypatch.setattr(jwt.api_jwt, "datetime", Today)
    monkeypatch.setattr(openid, "time", SimpleNamespace(monotonic=lambda: found.now))
    return found


async def test_the_configuration_and_the_keys_are_read_once_an_hour(provider: Provider) -> None:
    for passed, read in ((0, 1), (3_599, 1), (1, 2), (1_000, 2)):
        provider.now += passed
        await provider.check()
        assert sorted(provider.read) == sorted(["openid-configuration", "keys"] * read)


async def test_an_unknown_key_is_looked_for_once_a_minute(provider: Provider) -> None:
    """A provider may have changed its keys; a stranger can't make the server ask for them all the time."""
    await provider.check()
    provider.keys = ["k2"]
    for passed, read in ((0, 1), (59, 1), (1, 2)):
        provider.now += passed
        if read == 1:
            with pytest.raises(SignInRejected, match="unknown key"):
                await provider.check(kid="k2")
        else:
            await provider.check(kid="k2")
        assert provider.read.count("keys") == read
    with pytest.raises(SignInRejected, match="unknown key"):
        await provider.check(kid="k1")


@pytest.mark.parametrize(("issuer", "same"), [(ISSUER, True), (f"{ISSUER}/", True), ("https://evil.example", False)])
async def test_a_configuration_is_that_of_its_issuer(provider: Provider, issuer: str, same: bool) -> None:
    provider.issuer = issuer
    if same:
        assert (await provider.client.address(state="s", nonce="n", verifier="v")).startswith(f"{ISSUER}/auth?")
    else:
        with pytest.raises(Unreachable, match="declares"):
            await provider.client.address(state="s", nonce="n", verifier="v")


@pytest.mark.parametrize(
    ("claims", "valid"),
    [
        ({"exp": -29}, True),
        ({"exp": -30}, False),
        ({"iat": 30}, True),
        ({"iat": 31}, False),
        ({"nbf": 30}, True),
        ({"nbf": 31}, False),
        ({"sub": "x" * 255}, True),
        ({"sub": "x" * 256}, False),
        ({"sub": ""}, False),
        ({"nonce": "other"}, False),
        ({"aud": [CLIENT]}, True),
        ({"aud": [CLIENT, "other"], "azp": CLIENT}, True),
        ({"aud": [CLIENT, "other"], "azp": "other"}, False),
        ({"aud": [CLIENT, "other"]}, False),
        ({"aud": "other"}, False),
    ],
)
async def test_a_token_is_for_this_client_and_this_sign_in(
    provider: Provider, claims: dict[str, Any], valid: bool
) -> None:
    """Half a minute early or late is accepted, since clocks differ."""
    claims = {name: TODAY + value if name in ("exp", "iat", "nbf") else value for name, value in claims.items()}
    if valid:
        assert (await provider.check(**claims)).subject == claims.get("sub", "1")
    else:
        with pytest.raises(SignInRejected):
            await provider.check(**claims)


@pytest.mark.parametrize(
    ("verified", "counts"), [(True, True), (False, False), ("true", False), (1, False), (None, False)]
)
async def test_only_true_verifies_an_address(provider: Provider, verified: object, counts: bool) -> None:
    found = await provider.check(email="Ada@Example.org", email_verified=verified, name="x" * 150)
    assert (found.email, found.email_verified, found.name) == ("ada@example.org", verified is True, "x" * 100)
