"""Device tokens: bound to an account and a device, for a year."""

from __future__ import annotations

import base64
from uuid import UUID, uuid4

import pytest

from studyteddy.platform.security.device_tokens import DeviceTokens, KnownDevice, password_stamp
from studyteddy.platform.security.refresh_tokens import RefreshTokens

KEY = b"k" * 32
STAMP = password_stamp("hash")
NOW = 1_800_000_000.0


def tokens(*, key: bytes = KEY, at: float = NOW) -> DeviceTokens:
    return DeviceTokens(key, clock=lambda: at)


def test_a_device_keeps_its_id_for_its_account_only() -> None:
    alice, bob = uuid4(), uuid4()
    first = tokens().read(tokens().write(alice, None, stamp=STAMP))
    assert first is not None
    assert first.user_id == alice
    assert tokens().read(tokens().write(alice, first, stamp=STAMP)) == first
    other = tokens().read(tokens().write(bob, first, stamp=STAMP))
    assert other is not None
    assert (other.user_id, other.id == first.id) == (bob, False)


def test_it_names_the_password_that_it_was_made_with() -> None:
    device = tokens().read(tokens().write(uuid4(), None, stamp=STAMP))
    assert device is not None
    assert device.stamp == STAMP != password_stamp("another") != password_stamp(None)


def test_two_devices_differ() -> None:
    user_id = uuid4()
    assert tokens().read(tokens().write(user_id, None, stamp=STAMP)) != tokens().read(
        tokens().write(user_id, None, stamp=STAMP)
    )


def test_tokens_of_earlier_versions_are_valid() -> None:
    """Devices keep them for a year: their format never changes."""
    token = (
        "AAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAIAAAAAa0nSAFQKB97qd5C3B0J4V5Igg4BfYA71XYUex4YpU3eYu_yQv_NToyg3XFk"
    )
    assert tokens().read(token) == KnownDevice(UUID(int=1), UUID(int=2), STAMP)


@pytest.mark.parametrize(("age", "valid"), [(365 * 86_400 - 1, True), (365 * 86_400, False)])
def test_it_expires_after_a_year(age: int, valid: bool) -> None:
    token = tokens().write(uuid4(), None, stamp=STAMP)
    assert (tokens(at=NOW + age).read(token) is not None) == valid


def test_any_change_is_detected() -> None:
    token = tokens().write(uuid4(), None, stamp=STAMP)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        assert tokens().read(base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None
    assert tokens(key=b"other" * 8).read(token) is None


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 96, "é", "A" * 5000, "%%%"])
def test_nonsense_is_not_a_device(token: str) -> None:
    assert tokens().read(token) is None


def test_a_refresh_token_is_not_a_device_token() -> None:
    """They share a key, and each is labelled."""
    assert tokens().read(RefreshTokens(KEY).write(uuid4(), 1)) is None
    assert RefreshTokens(KEY).read(tokens().write(uuid4(), None, stamp=STAMP)) is None
