"""Tokens that are forged, expired, misdirected or malformed are rejected, over HTTP and WebSocket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.cast import Person, join
from tests.conftest import System, key

from studyteddy.platform.settings import key_bytes

OUR_KEY = Ed25519PrivateKey.from_private_bytes(key_bytes(key("signing")))
FOREIGN_KEY = Ed25519PrivateKey.generate()
PUBLIC = OUR_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
Forge = Callable[[dict[str, Any], str], str]


def sign(claims: dict[str, Any], *, by: Any = OUR_KEY, algorithm: str = "EdDSA", **headers: Any) -> str:
    return jwt.encode(claims, by, algorithm, headers={"typ": "at+jwt"} | headers)


def claimed(**changes: Any) -> Forge:
    """Return a correctly signed token with changed claims; `None` removes a claim."""

    def forge(claims: dict[str, Any], _: str) -> str:
        given = {k: v for k, v in (claims | changes).items() if v is not None}
        body = f"{part({'alg': 'EdDSA', 'typ': 'at+jwt'})}.{part(given)}"
        return f"{body}.{part(OUR_KEY.sign(body.encode()))}"

    return forge


def headed(**headers: Any) -> Forge:
    return lambda claims, _: sign(claims, **headers)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(algorithm: str, signature: str = "") -> Forge:
    return lambda claims, _: f"{part({'alg': algorithm, 'typ': 'at+jwt'})}.{part(claims)}.{signature}"


def hmac_with(secret: bytes) -> Forge:

    def forge(claims: dict[str, Any], _: str) -> str:
        body = f"{part({'alg': 'HS256', 'typ': 'at+jwt'})}.{part(claims)}"
        return f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}"

    return forge


def altered(number: int, change: Callable[[str], str]) -> Forge:
    """Return a valid token with one of its three parts changed."""

    def forge(_: dict[str, Any], good: str) -> str:
        parts = good.split(".")
        parts[number] = change(parts[number])
        return ".".join(parts)

    return forge


def literal(text: str) -> Forge:
    return lambda claims, good: text.format(good=good)


NOW = int(time.time())
FORGERIES: dict[str, Forge] = {
    "ended": claimed(exp=NOW - 1),
    "ended long ago": claimed(exp=0),
    "negative end": claimed(exp=-1),
    "end as text": claimed(exp="tomorrow"),
    "end as a list": claimed(exp=[NOW + 900]),
    "no end": claimed(exp=None),
    "not yet": claimed(nbf=NOW + 86_400),
    "no issuer": claimed(iss=None),
    "another issuer": claimed(iss="https://evil.example"),
    "issuer as a list": claimed(iss=["studyteddy", "evil"]),
    "no audience": claimed(aud=None),
    "another audience": claimed(aud="another-api"),
    "empty audience": claimed(aud=""),
    "several foreign audiences": claimed(aud=["a", "b"]),
    "no subject": claimed(sub=None),
    "subject is no id": claimed(sub="alice"),
    "subject as a number": claimed(sub=1),
    "subject with SQL": claimed(sub="' OR 1=1 --"),
    "no session": claimed(sid=None),
    "session is no id": claimed(sid="x"),
    "session as an object": claimed(sid={"id": 1}),
    "no token id": claimed(jti=None),
    "no issue time": claimed(iat=None),
    "typ JWT": headed(typ="JWT"),
    "typ missing": headed(typ=None),
    "typ of a refresh token": headed(typ="rt+jwt"),
    "typ with another case and space": headed(typ=" AT+JWT "),
    "foreign key": lambda claims, _: sign(claims, by=FOREIGN_KEY),
    "foreign key under our kid": lambda claims, _: sign(claims, by=FOREIGN_KEY, kid="k1"),
    "key in the header": lambda claims, _: sign(
        claims, by=FOREIGN_KEY, jwk={"kty": "OKP", "crv": "Ed25519", "x": "AA"}
    ),
    "key by address": lambda claims, _: sign(claims, by=FOREIGN_KEY, jku="https://evil.example/jwks"),
    "certificate chain": lambda claims, _: sign(claims, by=FOREIGN_KEY, x5c=["AAAA"]),
    "critical extension": headed(crit=["exp"]),
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg NONE": unsigned("NONE"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "alg EdDSA without signature": unsigned("EdDSA"),
    "alg EdDSA with zeros": unsigned("EdDSA", part(b"\0" * 64)),
    "alg ES256": unsigned("ES256", part(b"\1" * 64)),
    "alg RS256": unsigned("RS256", part(b"\1" * 256)),
    "HMAC with the public key": hmac_with(PUBLIC),
    "HMAC with the raw public key": hmac_with(OUR_KEY.public_key().public_bytes_raw()),
    "HMAC with nothing": hmac_with(b""),
    "HMAC with a guess": hmac_with(b"secret"),
    "payload bit": altered(1, lambda text: text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1]),
    "header bit": altered(0, lambda text: text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1]),
    "signature cut": altered(2, lambda text: text[:-4]),
    "signature longer": altered(2, lambda text: text + "AAAA"),
    "signature empty": altered(2, lambda text: ""),
    "signature reversed": altered(2, lambda text: text[::-1]),
    "payload empty": altered(1, lambda text: ""),
    "payload a list": altered(1, lambda text: part([1])),
    "payload no JSON": altered(1, lambda text: part(b"{")),
    "header no JSON": altered(0, lambda text: part(b"x")),
    "two parts": lambda _, good: ".".join(good.split(".")[:2]),
    "four parts": literal("{good}.x"),
    "twice": literal("{good}{good}"),
    "quoted": literal('"{good}"'),
    "with a null byte escape": literal("{good}%00"),
    "only dots": literal(".."),
    "one letter": literal("x"),
    "very long": literal("A" * 7000),
    "path": literal("../../etc/passwd"),
    "an API key that is none": literal("st_{good}"),
}


@pytest.fixture
async def victim(system: System) -> Any:
    person = await join(system.url, "Victim")
    yield person
    await person.http.aclose()


def test_there_are_at_least_sixty() -> None:
    assert len(FORGERIES) >= 60


@pytest.mark.parametrize("name", FORGERIES)
async def test_an_invalid_token_is_rejected(
    system: System, victim: Person, guest: httpx2.AsyncClient, name: str
) -> None:
    claims = jwt.decode(victim.access_token, options={"verify_signature": False})
    forged = FORGERIES[name](claims, victim.access_token)
    answer = await guest.get("/api/auth/me", headers={"authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"{system.url.replace('http', 'ws')}/ws?ticket={forged}", proxy=None):
            pass
    assert refused.value.response.status_code in (400, 403)


async def test_the_original_token_is_valid(victim: Person) -> None:
    assert (await victim.get("/api/auth/me")).status_code == 200


async def test_a_refresh_token_is_not_an_access_token(victim: Person, guest: httpx2.AsyncClient) -> None:
    bearer = {"authorization": f"Bearer {victim.refresh_token}"}
    assert (await guest.get("/api/auth/me", headers=bearer)).status_code == 401
