"""Settings: every fault at once, and nothing weak in production."""

from __future__ import annotations

import re

import pytest
from tests.conftest import key

from studyteddy.platform.settings import BadSettings, Settings, key_bytes, load, sealing_ring

WHOLE = {
    "DATABASE_URL": "postgresql://study_app@db/study",
    "REDIS_URL": "redis://cache",
    "SIGNING_KEY": key("signing"),
    "REFRESH_KEY": key("refresh"),
    "CURSOR_KEY": key("cursor"),
    "PASSWORD_PEPPER": key("pepper"),
    "SEALING_KEYS": f"k1:{key('sealing')}",
}
PRODUCTION = WHOLE | {
    "ENVIRONMENT": "production",
    "MIGRATION_DATABASE_URL": "postgresql://study_owner@db/study",
    "PUBLIC_URL": "https://study.example.org",
    "MAIL_URL": "smtps://teddy:secret@mail.example.org",
    "STORAGE_URL": "s3://key:secret@bucket?endpoint=https://files.example.org",
}
ZEROS = "A" * 43


def _faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as fault:
        load(environ)
    return fault.value.faults


def test_what_is_whole_loads() -> None:
    assert load(WHOLE).environment == "development"
    assert load(PRODUCTION | {"PORT": "80", "LOG_SAMPLE": "0.5", "STATEMENT_CACHE": "false"}).port == 80


def test_everything_that_is_missing_is_named_at_once() -> None:
    named = [fault.partition(" ")[0] for fault in _faults({})]
    assert named == [name.upper() for name in Settings.__struct_fields__ if name.upper() in WHOLE]
    assert all("is missing: " in fault and len(fault) > 40 for fault in _faults({}))
    assert len(_faults(dict.fromkeys(WHOLE, "  "))) == len(WHOLE)


def test_everything_that_is_faulty_is_named_at_once() -> None:
    wrong = {"PORT": "0", "LOG_LEVEL": "loud", "BCRYPT_COST": "x", "STATEMENT_CACHE": "maybe", "JOB_LEASE": "0.1"}
    assert sorted(fault.partition(":")[0] for fault in _faults(WHOLE | wrong)) == sorted(wrong)


def test_every_weakness_is_named_at_once_with_every_fault() -> None:
    weak = {
        "SIGNING_KEY": "short", "REFRESH_KEY": "!", "CURSOR_KEY": "*" + key("cursor"), "SEALING_KEYS": "k1:x",
        "JOB_BEAT": "20", "LIMIT_GENERAL": "many", "LIMIT_REGISTER": "0/5", "TRUSTED_PROXIES": "10.0.0.0/8, nobody",
        "PORT": "x", "REDIS_URL": "",
    }  # fmt: skip
    found = _faults(WHOLE | weak)
    assert sorted(re.split(r"[ :]", fault)[0] for fault in found) == sorted(weak)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SIGNING_KEY": ZEROS}, "SIGNING_KEY"),
        ({"SEALING_KEYS": f"k1:{ZEROS}"}, "SEALING_KEYS k1"),
        ({"SEALING_KEYS": f"k1:{key('sealing')},k0:{ZEROS}"}, "SEALING_KEYS k0"),
        ({"REFRESH_KEY": key("signing")}, "two secrets are the same"),
        ({"SEALING_KEYS": f"k1:{key('pepper')}"}, "two secrets are the same"),
        ({"BCRYPT_COST": "11"}, "BCRYPT_COST"),
        ({"MIGRATION_DATABASE_URL": ""}, "MIGRATION_DATABASE_URL"),
        ({"MIGRATION_DATABASE_URL": WHOLE["DATABASE_URL"]}, "MIGRATION_DATABASE_URL"),
        ({"PUBLIC_URL": "http://study.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"MAIL_URL": "console:"}, "MAIL_URL"),
        ({"MAIL_URL": ""}, "MAIL_URL"),
        ({"MAIL_URL": "outbox:"}, "MAIL_URL"),
        ({"STORAGE_URL": "memory:"}, "STORAGE_URL"),
        ({"STORAGE_URL": ""}, "STORAGE_URL"),
    ],
)
def test_production_refuses(changed: dict[str, str], named: str) -> None:
    (fault,) = _faults(PRODUCTION | changed)
    assert fault.startswith(named)
    load(PRODUCTION | changed | {"ENVIRONMENT": "development"})


@pytest.mark.parametrize("missing", WHOLE)
def test_production_needs_every_secret(missing: str) -> None:
    (fault,) = _faults({name: value for name, value in PRODUCTION.items() if name != missing})
    assert fault.startswith(f"{missing} is missing")


@pytest.mark.parametrize("text", ["", "x", "A" * 42, "A" * 44, key("a")[:-1], key("a") + "é", f"{key('a')}\n*"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|bytes"):
        key_bytes(text)


def test_the_first_sealing_key_is_the_present_one() -> None:
    ring = sealing_ring(f"new:{key('new')}, old:{key('old')}")
    assert list(ring) == ["new", "old"]
    assert ring["old"] == key_bytes(key("old"))


@pytest.mark.parametrize("text", [",", " , ", f":{key('a')}", f"k1:{key('a')},k1:{key('b')}", key("a")])
def test_what_is_no_ring_is_refused(text: str) -> None:
    assert [fault.partition(" ")[0] for fault in _faults(WHOLE | {"SEALING_KEYS": text})] == ["SEALING_KEYS"]
