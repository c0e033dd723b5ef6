"""Access tokens expire on time, and invalid tokens are rejected."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import Forbidden, SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.security.access_tokens import ACCESS_SECONDS, AUDIENCE, ISSUER, AccessTokens
from studyteddy.platform.security.authorization import Authorizer
from studyteddy.platform.security.refresh_tokens import RefreshTokens

REFRESH = RefreshTokens(b"r" * 32)
SESSION = UUID(int=7)
MADE = REFRESH.write(SESSION, 3)


class Time:
    """A clock that only advances when set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@given(session=st.uuids(), generation=st.integers(0, 2**32 - 1))
def test_refresh_tokens_round_trip(session: UUID, generation: int) -> None:
    token = REFRESH.write(session, generation)
    assert REFRESH.read(token) == (session, generation)
    assert token == REFRESH.write(session, generation)  # concurrent tabs receive the same successor


@given(place=st.integers(0, 51), bit=st.integers(0, 7))
def test_a_modified_refresh_token_is_invalid(place: int, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(MADE + "=="))
    raw[place % len(raw)] ^= 1 << bit
    assert REFRESH.read(base64.urlsafe_b64encode(raw).decode().rstrip("=")) is None


@given(st.text() | st.text("ABCabc019-_", max_size=80))
def test_malformed_refresh_tokens_are_invalid(token: str) -> None:
    assert REFRESH.read(token) is None


def test_a_refresh_token_of_another_key_is_invalid() -> None:
    assert RefreshTokens(b"s" * 32).read(MADE) is None
    assert REFRESH.read(MADE[:-4]) is None
    assert REFRESH.read(MADE + MADE) is None


def test_an_access_token_has_user_and_session() -> None:
    tokens, user, session = AccessTokens(b"a" * 32, clock=Time()), new_id(), new_id()
    token = tokens.issue(user, session)
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header == {"alg": "EdDSA", "typ": "at+jwt"}
    assert (claims["sub"], claims["sid"], claims["iss"], claims["aud"]) == (str(user), str(session), ISSUER, AUDIENCE)
    known = tokens.verify(token)
    assert (known.user_id, known.session_id) == (user, session)


@pytest.mark.parametrize("remembered", [True, False])
def test_an_access_token_expires_on_the_second(remembered: bool) -> None:
    clock = Time()
    tokens = AccessTokens(b"a" * 32, clock=clock)
    token = tokens.issue(new_id(), new_id())
    clock.now += ACCESS_SECONDS - 1
    if remembered:
        tokens.verify(token)
    clock.now += 1
    with pytest.raises(SignInNeeded):
        tokens.verify(token)


def test_an_access_token_is_valid_for_a_quarter_of_an_hour() -> None:
    clock = Time()
    tokens = AccessTokens(b"a" * 32, clock=clock)
    token, start = tokens.issue(new_id(), new_id()), clock.now
    for age, valid in ((15 * 60 - 1, True), (15 * 60, False)):
        clock.now = start + age
        assert (tokens.verified(token) is not None) is valid
    with pytest.raises(SignInNeeded):
        tokens.verify(token)
    assert token not in tokens._verified, "what has expired takes no place in the cache"


def test_refresh_tokens_of_earlier_versions_are_valid() -> None:
    """Their format never changes."""
    assert MADE == "AAAAAAAAAAAAAAAAAAAABwAAAAM4f8cjD3ZrxZ4tmxer5BF1aIxl5p7p1GQxKLUX5MTLLA"


def test_access_tokens_are_unique() -> None:
    tokens, user, session = AccessTokens(b"a" * 32, clock=Time()), new_id(), new_id()
    assert tokens.issue(user, session) != tokens.issue(user, session)


def test_the_cache_is_limited() -> None:
    tokens = AccessTokens(b"a" * 32, clock=Time(), limit=3)
    users = [new_id() for _ in range(10)]
    made = [tokens.issue(user, new_id()) for user in users]
    assert [tokens.verified(token) is not None for token in made] == [False] * 7 + [True] * 3, "the latest"
    assert [tokens.verify(token).user_id for token in made + made] == users * 2
    assert len(tokens._verified) == 3


def test_a_token_of_another_process_is_checked_once() -> None:
    """Two processes share the key; what one issued, the other knows after its first use."""
    one, other = AccessTokens(b"a" * 32, clock=Time()), AccessTokens(b"a" * 32, clock=Time())
    token = one.issue(new_id(), new_id())
    assert other.verified(token) is None
    identity = other.verify(token)
    assert other.verified(token) is other.verify(token) is identity


def test_an_access_token_of_another_key_is_rejected() -> None:
    tokens, others = AccessTokens(b"a" * 32, clock=Time()), AccessTokens(b"b" * 32, clock=Time())
    user, session = new_id(), new_id()
    tokens.verify(tokens.issue(user, session))
    with pytest.raises(SignInNeeded):
        tokens.verify(others.issue(user, session))


@given(st.text() | st.text("eyJhbGciOi.-_", max_size=100))
def test_malformed_access_tokens_are_rejected(token: str) -> None:
    with pytest.raises(SignInNeeded):
        AccessTokens(b"a" * 32, clock=Time()).verify(token)


CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": str(UUID(int=1)),
    "sid": str(UUID(int=2)),
    "jti": "j",
    "iat": 1_000_000,
    "exp": 1_000_900,
}
ODD: tuple[Any, ...] = (
    *(float("inf"), float("-inf"), float("nan"), -1, 2**53, 2**63, 10**400, -(10**400), 1.5, True, None),
    *("", "1000900", "soon", "Infinity", "\ud800", [], [1], [None], {}, {"a": []}, [[AUDIENCE]], [AUDIENCE, 5]),
    *([AUDIENCE], [AUDIENCE, "others"], "0" * 4000),
)
"""Values that no claim of ours has."""


def _signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(b"a" * 32), "EdDSA", headers={"typ": "at+jwt"})


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "exp"])
def test_a_claim_of_another_form_is_rejected(name: str) -> None:
    tokens = AccessTokens(b"a" * 32, clock=Time())
    for issued in (0, CLAIMS["iat"], 2**53 - 1):
        assert tokens.verify(_signed(CLAIMS | {"iat": issued})).session_id == UUID(int=2)
    for value in ODD:
        try:
            token = _signed(CLAIMS | {name: value})
        except TypeError:
            continue  # PyJWT doesn't sign it
        with pytest.raises(SignInNeeded):
            tokens.verify(token)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "9" * 5000,
        '{"typ": 1e400}',
        "null",
        "[]",
        '"at+jwt"',
        '{"typ":"at+jwt","alg":[]}',
    ],
)
def test_a_part_that_is_hard_to_parse_is_rejected(part: int, text: str) -> None:
    """Deep JSON, endless numbers and other types in a header or claims, by somebody who signed nothing."""
    parts = _signed(CLAIMS).split(".")
    parts[part] = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    with pytest.raises(SignInNeeded):
        AccessTokens(b"a" * 32, clock=Time()).verify(".".join(parts))


# What the process recognizes.


class Known:
    """An authorizer of tokens and keys, for which a test says who is revoked, holds a key, or is an operator."""

    def __init__(self) -> None:
        self.revoked: set[UUID] = set()
        self.keys: dict[str, Identity] = {}
        self.operators: set[UUID] = set()
        self.tokens = AccessTokens(b"a" * 32, clock=Time())
        self.authorizer = Authorizer(self.tokens, self, keys=self._key, is_operator=self._operates)  # type: ignore[arg-type]

    def is_revoked(self, session_id: UUID) -> bool:
        return session_id in self.revoked

    async def check(self, identity: Identity) -> None:
        if identity.session_id in self.revoked:
            raise SignInNeeded()

    async def _key(self, key: str) -> Identity | None:
        return self.keys.get(key)

    async def _operates(self, identity: Identity) -> bool:
        return identity.user_id in self.operators


async def test_a_token_is_recognized_until_its_session_is_revoked() -> None:
    known, user, session = Known(), new_id(), new_id()
    bearer = b"Bearer " + known.tokens.issue(user, session).encode()
    assert known.authorizer.recognize(bearer) == user
    assert (await known.authorizer.identify(bearer)).user_id == user
    known.revoked.add(session)
    assert known.authorizer.recognize(bearer) is None
    with pytest.raises(SignInNeeded):
        await known.authorizer.identify(bearer)


async def test_a_key_is_recognized_from_its_first_use_until_it_is_found_invalid() -> None:
    known, user = Known(), new_id()
    assert known.authorizer.recognize(b"Bearer st_key") is None
    known.keys["st_key"] = Identity(user, new_id())
    await known.authorizer.identify(b"bearer st_key")
    assert known.authorizer.recognize(b"Bearer st_key") == user
    del known.keys["st_key"]
    with pytest.raises(SignInNeeded):
        await known.authorizer.identify(b"Bearer st_key")
    assert known.authorizer.recognize(b"Bearer st_key") is None


async def test_the_ten_thousand_keys_used_first_are_forgotten_first() -> None:
    known, user = Known(), new_id()
    for n in range(10_001):
        known.keys[f"st_{n}"] = Identity(user, new_id())
        await known.authorizer.identify(b"Bearer st_%d" % n)
    assert known.authorizer.recognize(b"Bearer st_0") is None
    assert known.authorizer.recognize(b"Bearer st_1") == known.authorizer.recognize(b"Bearer st_10000") == user


@pytest.mark.parametrize("header", [b"", b"Bearer", b"Bearer ", b"Basic st_key", b"st_key"])
async def test_other_headers_are_not_credentials(header: bytes) -> None:
    known = Known()
    known.keys["st_key"] = known.keys[""] = Identity(new_id(), new_id())
    with pytest.raises(SignInNeeded):
        await known.authorizer.identify(header)


@pytest.mark.parametrize(
    ("scopes", "operator", "scope", "allowed"),
    [
        ({"account"}, True, "operate", True),
        ({"account"}, False, "operate", False),
        ({"read", "write"}, True, "operate", False),
        ({"operate"}, False, "operate", False),
        ({"read"}, False, "read", True),
        ({"read"}, True, "write", False),
    ],
)
async def test_a_scope_is_what_the_caller_has_and_operating_a_role(
    scopes: set[str], operator: bool, scope: str, allowed: bool
) -> None:
    known, identity = Known(), Identity(new_id(), new_id(), scopes=frozenset(scopes))
    known.operators = {identity.user_id} if operator else set()
    if allowed:
        await known.authorizer.admit(identity, scope)
    else:
        with pytest.raises(Forbidden):
            await known.authorizer.admit(identity, scope)
