"""Settings: all errors are reported together, and production rejects weak values."""

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


def test_complete_settings_load() -> None:
    assert load(WHOLE).environment == "development"
    assert load(PRODUCTION | {"PORT": "80", "LOG_SAMPLE": "0.5", "STATEMENT_CACHE": "false"}).port == 80


def test_every_missing_setting_is_reported() -> None:
    named = [fault.partition(" ")[0] for fault in _faults({})]
    assert named == [name.upper() for name in Settings.__struct_fields__ if name.upper() in WHOLE]
    assert all("is required: " in fault and len(fault) > 40 for fault in _faults({}))
    assert len(_faults(dict.fromkeys(WHOLE, "  "))) == len(WHOLE)


def test_every_invalid_setting_is_reported() -> None:
    wrong = {"PORT": "0", "LOG_LEVEL": "loud", "BCRYPT_COST": "x", "STATEMENT_CACHE": "maybe", "JOB_LEASE": "0.1"}
    assert sorted(fault.partition(":")[0] for fault in _faults(WHOLE | wrong)) == sorted(wrong)


def test_weak_and_invalid_settings_are_reported_together() -> None:
    weak = {
        "SIGNING_KEY": "short",
        "REFRESH_KEY": "!",
        "CURSOR_KEY": "*" + key("cursor"),
        "SEALING_KEYS": "k1:x",
        "JOB_BEAT": "20",
        "LIMIT_GENERAL": "many",
        "LIMIT_REGISTER": "0/5",
        "TRUSTED_PROXIES": "10.0.0.0/8, nobody",
        "ALLOWED_ORIGINS": "https://app.example, *",
        "PORT": "x",
        "REDIS_URL": "",
    }
    found = _faults(WHOLE | weak)
    assert sorted(re.split(r"[ :]", fault)[0] for fault in found) == sorted(weak)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SIGNING_KEY": ZEROS}, "SIGNING_KEY"),
        ({"SEALING_KEYS": f"k1:{ZEROS}"}, "SEALING_KEYS k1"),
        ({"SEALING_KEYS": f"k1:{key('sealing')},k0:{ZEROS}"}, "SEALING_KEYS k0"),
        ({"REFRESH_KEY": key("signing")}, "two secrets are identical"),
        ({"SEALING_KEYS": f"k1:{key('pepper')}"}, "two secrets are identical"),
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
        ({"STORAGE_URL": "s3://k:s@bucket?endpoint=http://files.example.org"}, "STORAGE_URL endpoint"),
        ({"ALLOWED_ORIGINS": "https://a.example, http://b.example"}, "ALLOWED_ORIGINS http://b.example"),
        ({"ALLOWED_ORIGINS": "http://localhost:3000"}, "ALLOWED_ORIGINS"),
        ({"GOOGLE_ISSUER": "http://accounts.example.org"}, "GOOGLE_ISSUER"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, 0.0.0.0/0"}, "TRUSTED_PROXIES 0.0.0.0/0"),
        ({"TRUSTED_PROXIES": "::/0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "128.0.0.0/1"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "2000::/3"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "::ffff:0:0/96"}, "TRUSTED_PROXIES"),
        ({"MAIL_URL": "smtp://teddy:secret@mail.example.org?starttls=never"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://teddy:secret@mail.example.org?starttls=offered"}, "MAIL_URL"),
        ({"MAIL_URL": "SMTP://teddy@mail.example.org?starttls=offered"}, "MAIL_URL"),
    ],
)
def test_production_rejects(changed: dict[str, str], named: str) -> None:
    (fault,) = _faults(PRODUCTION | changed)
    assert fault.startswith(named)
    load(PRODUCTION | changed | {"ENVIRONMENT": "development"})


@pytest.mark.parametrize(
    "changed",
    [
        {"MAIL_URL": "smtp://teddy:secret@mail.example.org:587"},
        {"MAIL_URL": "smtp://teddy:secret@mail.example.org?starttls=always"},
        {"MAIL_URL": "smtp://localhost:25?starttls=never"},  # a relay beside the program, without a login
        {"TRUSTED_PROXIES": "10.0.0.0/8, 172.16.0.0/12, fd00::/16, 203.0.113.7, ::1"},
        {"TRUSTED_PROXIES": "::ffff:10.0.0.0/104"},
        {"ALLOWED_ORIGINS": "https://app.example, https://two.example"},
        {"STORAGE_URL": "s3://bucket"},
        {"STORAGE_URL": "file:///srv/files"},
    ],
)
def test_production_accepts(changed: dict[str, str]) -> None:
    load(PRODUCTION | changed)


@pytest.mark.parametrize("missing", WHOLE)
def test_production_requires_every_secret(missing: str) -> None:
    (fault,) = _faults({name: value for name, value in PRODUCTION.items() if name != missing})
    assert fault.startswith(f"{missing} is required")


@pytest.mark.parametrize("text", ["", "x", "A" * 42, "A" * 44, key("a")[:-1], key("a") + "é", f"{key('a')}\n*"])
def test_invalid_keys_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|bytes"):
        key_bytes(text)


def test_the_first_encryption_key_is_the_current_one() -> None:
    ring = sealing_ring(f"new:{key('new')}, old:{key('old')}")
    assert list(ring) == ["new", "old"]
    assert ring["old"] == key_bytes(key("old"))


@pytest.mark.parametrize("text", [",", " , ", f":{key('a')}", f"k1:{key('a')},k1:{key('b')}", key("a")])
def test_invalid_key_lists_are_rejected(text: str) -> None:
    assert [fault.partition(" ")[0] for fault in _faults(WHOLE | {"SEALING_KEYS": text})] == ["SEALING_KEYS"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"AI_URL": "http://127.0.0.1:8080/v1"}, "AI_MODEL"),
        ({"AI_URL": "api.openai.com", "AI_MODEL": "small"}, "AI_URL"),
        ({"AI_URL": "https://key@api.example.org/v1", "AI_MODEL": "small"}, "AI_URL"),
        ({"AI_FALLBACK_URL": "https://api.example.org/v1", "AI_FALLBACK_MODEL": "small"}, "AI_FALLBACK_URL"),
        ({"AI_URL": "http://ai.example.org/v1", "AI_MODEL": "small", "AI_KEY": "sk"}, "AI_URL"),
    ],
)
def test_an_incomplete_or_exposed_language_model_is_reported(wrong: dict[str, str], named: str) -> None:
    assert [fault.partition(" ")[0] for fault in _faults(PRODUCTION | wrong)] == [named]


def test_a_language_model_can_be_elsewhere_here_or_built_in() -> None:
    for url in ("https://api.example.org/v1", "http://127.0.0.1:8080/v1"):
        assert load(PRODUCTION | {"AI_URL": url, "AI_MODEL": "small", "AI_KEY": "sk"}).ai_url == url
    assert load(WHOLE | {"AI_URL": "scripted:"}).ai_url == "scripted:"


def test_what_may_be_fetched_is_checked() -> None:
    assert load(WHOLE | {"EGRESS_ALLOW": "moodle.local:8081,10.1.0.0/16"}).egress_allow
    assert _faults(WHOLE | {"EGRESS_ALLOW": "moodle.local"}) == [
        "EGRESS_ALLOW is invalid: 'moodle.local' is neither host:port nor a network such as 10.1.0.0/16"
    ]
