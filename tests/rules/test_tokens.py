"""Access tokens end on time, and refresh tokens are ours or nothing."""

from __future__ import annotations

import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.ids import new_id
from studyteddy.platform.security import ACCESS_SECONDS, AUDIENCE, ISSUER, AccessTokens, RefreshTokens

REFRESH = RefreshTokens(b"r" * 32)
SESSION = UUID(int=7)
MADE = REFRESH.write(SESSION, 3)


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@given(session=st.uuids(), generation=st.integers(0, 2**32 - 1))
def test_a_refresh_token_reads_as_it_was_written(session: UUID, generation: int) -> None:
    token = REFRESH.write(session, generation)
    assert REFRESH.read(token) == (session, generation)
    assert token == REFRESH.write(session, generation)  # racing tabs get the same successor


@given(place=st.integers(0, 51), bit=st.integers(0, 7))
def test_a_changed_refresh_token_is_nothing(place: int, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(MADE + "=="))
    raw[place % len(raw)] ^= 1 << bit
    assert REFRESH.read(base64.urlsafe_b64encode(raw).decode().rstrip("=")) is None


@given(st.text() | st.text("ABCabc019-_", max_size=80))
def test_what_is_no_refresh_token_is_nothing(token: str) -> None:
    assert REFRESH.read(token) is None


def test_a_refresh_token_of_another_key_is_nothing() -> None:
    assert RefreshTokens(b"s" * 32).read(MADE) is None
    assert REFRESH.read(MADE[:-4]) is None
    assert REFRESH.read(MADE + MADE) is None


def test_an_access_token_says_who_it_is_for() -> None:
    tokens, user, session = AccessTokens(b"a" * 32, clock=Time()), new_id(), new_id()
    token = tokens.issue(user, session)
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header == {"alg": "EdDSA", "typ": "at+jwt"}
    assert (claims["sub"], claims["sid"], claims["iss"], claims["aud"]) == (str(user), str(session), ISSUER, AUDIENCE)
    known = tokens.verify(token)
    assert (known.user_id, known.session_id) == (user, session)


@pytest.mark.parametrize("remembered", [True, False])
def test_an_access_token_ends_on_the_second(remembered: bool) -> None:
    clock = Time()
    tokens = AccessTokens(b"a" * 32, clock=clock)
    token = tokens.issue(new_id(), new_id())
    clock.now += ACCESS_SECONDS - 1
    if remembered:
        tokens.verify(token)
    clock.now += 1
    with pytest.raises(SignInNeeded):
        tokens.verify(token)


def test_two_access_tokens_are_never_the_same() -> None:
    tokens, user, session = AccessTokens(b"a" * 32, clock=Time()), new_id(), new_id()
    assert tokens.issue(user, session) != tokens.issue(user, session)


def test_as_many_are_remembered_as_there_is_room_for() -> None:
    tokens = AccessTokens(b"a" * 32, clock=Time(), most=3)
    users = [new_id() for _ in range(10)]
    made = [tokens.issue(user, new_id()) for user in users]
    assert [tokens.verify(token).user_id for token in made + made] == users * 2
    tokens.forget()
    assert tokens.verify(made[0]).user_id == users[0]


def test_an_access_token_of_another_key_is_refused_also_after_ours_was_seen() -> None:
    tokens, others = AccessTokens(b"a" * 32, clock=Time()), AccessTokens(b"b" * 32, clock=Time())
    user, session = new_id(), new_id()
    tokens.verify(tokens.issue(user, session))
    with pytest.raises(SignInNeeded):
        tokens.verify(others.issue(user, session))


@given(st.text() | st.text("eyJhbGciOi.-_", max_size=100))
def test_what_is_no_access_token_is_refused(token: str) -> None:
    with pytest.raises(SignInNeeded):
        AccessTokens(b"a" * 32, clock=Time()).verify(token)
