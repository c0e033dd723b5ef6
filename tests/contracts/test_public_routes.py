"""Every route requires a login unless it is on a short public list; forged, expired and foreign tokens are rejected."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.cast import Person
from tests.conftest import System, key

from studyteddy.bootstrap import catalogue
from studyteddy.platform.ids import new_id
from studyteddy.platform.settings import key_bytes
from studyteddy.platform.web.routing import Route

PUBLIC = {
    "register",
    "login",
    "refresh",
    "verify_email",
    "forgot_password",
    "reset_password",
    "begin_google",
    "receive_google",
    "finish_google",
    "get_app",
    "get_liveness",
    "get_readiness",
    "get_health",
    "get_metrics",
    "get_docs",
    "get_openapi",
    "read_feed",
    "receive_google_calendar",
    "receive_outlook_calendar",
    "receive_google_notification",
    "receive_outlook_notifications",
    "receive_outlook_lifecycle",
}

PRIVATE = [route for route in catalogue.routes() if route.name not in PUBLIC]
Json = dict[str, Any]


def test_the_public_list_is_exact() -> None:
    assert {route.name for route in catalogue.routes() if route.public} == PUBLIC


async def test_the_document_marks_public_routes() -> None:
    operations = [one for methods in catalogue.openapi()["paths"].values() for one in methods.values()]
    documented = {one["operationId"] for one in operations if one["security"] == []}
    assert documented == {route.name for route in catalogue.routes() if route.public and route.tag != "docs"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer null",
        "Bearer \x80",
        "Basic YTpi",
        "Bearer " + "a" * 5000,
        "Bearer ..",
        "Bearer W10.W10.W10",
        "Bearer Bearer",
        "Token x",
        "Bearer été",
    ],
)
async def test_missing_and_malformed_tokens_are_rejected(guest: httpx2.AsyncClient, header: str | None) -> None:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    for route in PRIVATE:
        answer = await guest.request(route.method, _address(route), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed"), route.name
        assert answer.headers["www-authenticate"] == "Bearer"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


OURS = Ed25519PrivateKey.from_private_bytes(key_bytes(key("signing")))
THEIRS = Ed25519PrivateKey.from_private_bytes(key_bytes(key("another")))
PUBLIC_KEY = OURS.public_key()


def forge(claims: Json, header: Json | str, sign: Callable[[bytes], bytes] = OURS.sign) -> str:
    """Return a token of these parts with the signature of `sign`."""
    head = header if isinstance(header, str) else json.dumps(header)
    signed = f"{_b64(head.encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{signed}.{_b64(sign(signed.encode()))}"


def _hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.digest(secret, signed, "sha256")


def _forge_without(name: str) -> Callable[[Json], str]:
    return lambda claims: forge({claim: value for claim, value in claims.items() if claim != name}, GOOD)


GOOD: Json = {"alg": "EdDSA", "typ": "at+jwt"}
RAW = PUBLIC_KEY.public_bytes_raw()
PEM = b"-----BEGIN PUBLIC KEY-----\n%b\n-----END PUBLIC KEY-----\n" % base64.b64encode(
    bytes.fromhex("302a300506032b6570032100") + RAW
)

FORGERIES: dict[str, Callable[[Json], str]] = {
    "expired": lambda claims: forge(claims | {"exp": claims["iat"] - 1}, GOOD),
    "another audience": lambda claims: forge(claims | {"aud": "another-api"}, GOOD),
    "another issuer": lambda claims: forge(claims | {"iss": "another"}, GOOD),
    "another key": lambda claims: forge(claims, GOOD, THEIRS.sign),
    "no algorithm": lambda claims: forge(claims, GOOD | {"alg": "none"}, lambda _: b""),
    "No algorithm": lambda claims: forge(claims, GOOD | {"alg": "None"}, lambda _: b""),
    "signature left out": lambda claims: forge(claims, GOOD, lambda _: b""),
    "HS256 with the public key": lambda claims: forge(claims, GOOD | {"alg": "HS256"}, _hs256(RAW)),
    "HS256 with its PEM": lambda claims: forge(claims, GOOD | {"alg": "HS256"}, _hs256(PEM)),
    "HS256 with an empty key": lambda claims: forge(claims, GOOD | {"alg": "HS256"}, _hs256(b"")),
    "another type": lambda claims: forge(claims, GOOD | {"typ": "JWT"}),
    "no type": lambda claims: forge(claims, {"alg": "EdDSA"}),
    "a key of its own": lambda claims: forge(
        claims,
        GOOD | {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": _b64(THEIRS.public_key().public_bytes_raw())}},
        THEIRS.sign,
    ),
    "a deep header": lambda claims: forge(claims, "[" * 20_000),
    "a header that is a list": lambda claims: forge(claims, "[]"),
    "an odd kid": lambda claims: forge(claims, GOOD | {"kid": {"a": 1}}, THEIRS.sign),
    "a critical extension": lambda claims: forge(claims, GOOD | {"crit": ["b64"], "b64": False}, THEIRS.sign),
    **{f"without {name}": _forge_without(name) for name in ("sub", "sid", "jti", "aud", "iss", "exp", "iat")},
    "someone who is no id": lambda claims: forge(claims | {"sub": "alice"}, GOOD),
    "an audience list without us": lambda claims: forge(claims | {"aud": ["a", "b"]}, GOOD),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_or_expired_token_is_rejected(system: System, alice: Person, name: str) -> None:
    token = FORGERIES[name](_claims(alice.access_token))
    assert await _rejecting(alice, token) == [route.name for route in PRIVATE]


async def test_the_forger_can_make_a_valid_token(alice: Person) -> None:
    """Otherwise the tests of forged tokens would prove nothing."""
    token = forge(_claims(alice.access_token), GOOD)
    assert (await alice.get("/api/auth/me", headers=_bearer(token))).status_code == 200


async def test_a_refresh_token_is_not_an_access_token(alice: Person) -> None:
    assert await _rejecting(alice, alice.refresh_token) == [route.name for route in PRIVATE]


async def test_a_revoked_session_is_rejected(alice: Person, bob: Person) -> None:
    assert (await bob.post("/api/auth/logout")).status_code == 200
    assert await _rejecting(bob, bob.access_token) == [route.name for route in PRIVATE]
    assert (await alice.get("/api/auth/me")).status_code == 200


async def test_a_token_with_one_changed_character_is_rejected(alice: Person) -> None:
    head, claims, signature = alice.access_token.split(".")
    swapped = {"A": "B"}
    changed = [
        f"{head}.{claims}.{swapped.get(signature[0], 'A')}{signature[1:]}",
        f"{head}.{swapped.get(claims[9], 'A')}{claims[1:]}.{signature}",
        f"{head}.{claims}.{signature}.{signature}",
        f"{head}.{claims}",
    ]
    for token in changed:
        assert (await alice.get("/api/auth/me", headers=_bearer(token))).status_code == 401


async def test_health_and_documents_need_no_login(guest: httpx2.AsyncClient) -> None:
    for route in catalogue.routes():
        if route.public and route.method == "GET" and route.tag not in ("auth", "calendar"):
            assert (await guest.get(route.path)).status_code == 200, route.path


async def _rejecting(person: Person, token: str) -> list[str]:
    """Return the private routes that reject a token."""
    refused = []
    for route in PRIVATE:
        answer = await person.http.request(route.method, _address(route), headers=_bearer(token))
        if answer.status_code == 401 and answer.json()["code"] == "sign_in_needed":
            refused.append(route.name)
    return refused


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _claims(token: str) -> Json:
    part = token.split(".")[1]
    found: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _address(route: Route) -> str:
    return re.sub(r"{\w+}", lambda _: str(new_id()), route.path)
