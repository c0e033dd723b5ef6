"""Two-factor authentication: TOTP codes and recovery codes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from studyteddy.platform.security import totp

NOW = datetime(2026, 3, 9, 14, 5, 7, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def shown(secret: str, at: datetime) -> str:
    """Return the code that the app shows at a given time."""
    return pyotp.TOTP(secret).at(at)


# RFC 6238, appendix B, has codes of eight digits; ours are the last six.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_of_the_rfc_are_valid(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.step_of(secret, code[2:], at=at) == seconds // 30


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_of_clock_drift_is_accepted(seconds: int, good: bool) -> None:
    secret = totp.new_secret()
    code = shown(secret, NOW + timedelta(seconds=seconds))
    assert totp.step_of(secret, code, at=NOW) == (STEP + seconds // 30 if good else None)


def test_a_code_always_has_the_same_step() -> None:
    secret = totp.new_secret()
    code = shown(secret, NOW)
    steps = {totp.step_of(secret, code, at=NOW + timedelta(seconds=seconds)) for seconds in (-30, -10, 0, 10, 30)}
    assert steps == {STEP}


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\n", "-12345", "0x1234"])
def test_malformed_codes_are_rejected(code: str) -> None:
    assert totp.step_of(totp.new_secret(), code, at=NOW) is None


def test_different_secrets_have_different_codes() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(base64.b32decode(secret)) == 20 for secret in secrets)
    one, other = sorted(secrets)[:2]
    codes = [totp.step_of(one, shown(other, NOW + timedelta(hours=n)), at=NOW) for n in range(20)]
    assert codes.count(None) >= 19


def test_the_uri_contains_account_and_issuer() -> None:
    secret = totp.new_secret()
    uri = urlsplit(totp.address(secret, "alice+study@example.org"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Study Teddy:alice+study@example.org"
    assert parse_qs(uri.query) == {"secret": [secret], "issuer": ["Study Teddy"]}


def test_recovery_codes_are_long_and_unique() -> None:
    codes = [code for _ in range(20) for code in totp.new_recovery_codes()]
    assert len(codes) == len(set(codes)) == 200
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert len({totp.recovery_hash(code) for code in codes}) == 200


@pytest.mark.parametrize("typed", ["ABCD-EFGH-JK23-4567", "abcdefghjk234567", "abcdefgh-jk234567"])
def test_a_recovery_code_ignores_case_and_hyphens(typed: str) -> None:
    assert totp.recovery_hash(typed) == totp.recovery_hash("abcd-efgh-jk23-4567")
    assert totp.recovery_hash(typed) != totp.recovery_hash("abcd-efgh-jk23-4566")
