"""Settings: one struct, read once from the environment; all errors are reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import get_type_hints
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec
from msgspec import Meta

from studyteddy.platform import base64url, egress
from studyteddy.platform.settings_schema import Settings as Settings

_LARGEST_IPV4, _LARGEST_IPV6 = 8, 16
"""The shortest prefixes of a trusted network: 10.0.0.0/8 and fd00::/16 are the largest that anyone runs proxies in."""
_MAPPED = IPv6Network("::ffff:0:0/96")
_ORIGIN = re.compile(r"https?://[^\s/*?#@]+")


class BadSettings(Exception):
    """The environment is incomplete or invalid; one line per error."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.faults = errors


SCRIPTED = "scripted:"
"""The `AI_URL` of the built-in model."""
KEYS = ("signing_key", "refresh_key", "cursor_key", "password_pepper")


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise `BadSettings` with every error."""
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        value = environ.get(field.name.upper(), "").strip()
        if value:
            try:
                values[field.name] = msgspec.convert(value, hints[field.name], strict=False)
            except msgspec.ValidationError as error:
                errors[field.name.upper()] = f"{field.name.upper()}: {error}"
        elif field.required:
            errors[field.name.upper()] = f"{field.name.upper()} is required: {_description(hints[field.name])}"
        if field.required:
            values.setdefault(field.name, "")
    settings = Settings(**values)  # type: ignore[arg-type]
    weaknesses = [weak for weak in _weaknesses(settings) if weak.partition(" ")[0] not in errors]
    if errors or weaknesses:
        raise BadSettings([*errors.values(), *weaknesses])
    return settings


def page() -> str:
    """Return docs/settings.md: every variable with its default and description."""
    hints = get_type_hints(Settings, include_extras=True)
    lines = [
        "# Settings",
        "",
        "Generated from `src/studyteddy/platform/settings_schema.py`. Settings are environment variables, read at",
        "startup. If any are missing or invalid, the program lists all of them and exits.",
        "",
        "| variable | default | description |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        default = "required" if field.required else f"`{field.default}`" if field.default != "" else "empty"
        lines.append(f"| `{field.name.upper()}` | {default} | {_description(hints[field.name])} |")
    return "\n".join(lines) + "\n"


def key_bytes(text: str) -> bytes:
    """Decode a base64url key; raise `ValueError` unless it has 32 bytes."""
    try:
        raw = base64url.decode(text)
    except ValueError as error:  # includes `binascii.Error` and the error for non-ASCII text
        raise ValueError("isn't valid base64url") from error
    if len(raw) != 32:
        raise ValueError(f"must have 32 bytes, not {len(raw)}")
    return raw


def sealing_ring(text: str) -> dict[str, bytes]:
    """Return encryption keys by id, the current one first; raise `ValueError` for missing or duplicate ids."""
    pairs = [part.partition(":") for part in text.split(",")]
    keys = {name.strip(): key_bytes(key.strip()) for name, _, key in pairs}
    if len(keys) < len(pairs) or "" in keys:
        raise ValueError("needs a unique id for each key: `id:key`")
    return keys


def _description(hint: object) -> str:
    metas = getattr(hint, "__metadata__", ())
    return next((meta.description for meta in metas if isinstance(meta, Meta) and meta.description), "")


def _weaknesses(settings: Settings) -> list[str]:
    errors: list[str] = []
    keys: dict[str, bytes] = {}
    for name in KEYS:
        try:
            keys[name.upper()] = key_bytes(getattr(settings, name))
        except ValueError as error:
            errors.append(f"{name.upper()} {error}")
    try:
        keys |= {f"SEALING_KEYS {name}": key for name, key in sealing_ring(settings.sealing_keys).items()}
    except ValueError as error:
        errors.append(f"SEALING_KEYS {error}")
    for network in _listed(settings.trusted_proxies):
        try:
            ip_network(network)
        except ValueError as error:
            errors.append(f"TRUSTED_PROXIES contains an invalid network: {error}")
    try:
        egress.allowed(settings.egress_allow)
    except ValueError as error:
        errors.append(f"EGRESS_ALLOW is invalid: {error}")
    for origin in _listed(settings.allowed_origins):
        if not _ORIGIN.fullmatch(origin):
            errors.append(f"ALLOWED_ORIGINS contains an invalid origin: {origin!r}. List each one: https://app.example")
    errors += _incomplete_models(settings)
    if settings.job_beat * 2 > settings.job_lease:
        errors.append("JOB_BEAT must be at most half of JOB_LEASE, otherwise running workers lose their jobs")
    return errors + (_not_for_production(settings, keys) if settings.environment == "production" else [])


def _models(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Return URL, key and model of each AI endpoint, by the prefix of its variables."""
    return {
        "AI": (settings.ai_url, settings.ai_key, settings.ai_model),
        "AI_FALLBACK": (settings.ai_fallback_url, settings.ai_fallback_key, settings.ai_fallback_model),
    }


def _incomplete_models(settings: Settings) -> list[str]:
    errors = []
    for prefix, (url, _, model) in _models(settings).items():
        if not url or url == SCRIPTED:
            continue
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", url):
            errors.append(f"{prefix}_URL must be a URL without credentials, such as https://api.openai.com/v1")
        if not model:
            errors.append(f"{prefix}_MODEL is required with {prefix}_URL: the name of a model there")
    if settings.ai_own_keys == "on" and not settings.ai_url:
        errors.append("AI_OWN_KEYS needs AI_URL: students' keys are sent there")
    if settings.ai_fallback_url and not settings.ai_url:
        errors.append("AI_FALLBACK_URL needs AI_URL: set the only endpoint as AI_URL")
    return errors


def _not_for_production(settings: Settings, keys: dict[str, bytes]) -> list[str]:
    errors = [f"{name} is too weak: use 32 random bytes" for name, key in keys.items() if len(set(key)) < 12]
    if len(set(keys.values())) < len(keys):
        errors.append("two secrets are identical: use different random bytes for each")
    if settings.bcrypt_cost < 12:
        errors.append("BCRYPT_COST must be at least 12 in production")
    if not settings.migration_database_url or settings.migration_database_url == settings.database_url:
        errors.append("MIGRATION_DATABASE_URL must use the schema's owner, a different role than DATABASE_URL")
    if settings.mail_url.startswith(("console:", "outbox:")):
        errors.append("MAIL_URL must be a mail server in production")
    if settings.storage_url.startswith("memory:"):
        errors.append("STORAGE_URL must be persistent storage in production")
    return errors + _exposed(settings)


def _exposed(settings: Settings) -> list[str]:
    """Return what production would send over the Internet unencrypted, or believe from anyone."""
    errors = []
    https = {
        "PUBLIC_URL": settings.public_url,
        "GOOGLE_ISSUER": settings.google_issuer,
        "GOOGLE_CALENDAR_URL": settings.google_calendar_url,
        "MICROSOFT_LOGIN_URL": settings.microsoft_login_url,
        "MICROSOFT_GRAPH_URL": settings.microsoft_graph_url,
        **{f"ALLOWED_ORIGINS {origin}": origin for origin in _listed(settings.allowed_origins)},
    }
    for endpoint in parse_qs(_split(settings.storage_url).query).get("endpoint", []):
        https["STORAGE_URL endpoint"] = endpoint
    errors += [
        f"{name} must start with https:// in production"
        for name, url in https.items()
        if not url.startswith("https://")
    ]
    errors += [
        f"{prefix}_URL must start with https:// in production, or be on this machine: its key would be sent unencrypted"
        for prefix, (url, key, _) in _models(settings).items()
        if key and url.startswith("http://") and not _is_here(url)
    ]
    errors += [
        f"TRUSTED_PROXIES {network} trusts every client: list the networks of your proxies"
        for network in _listed(settings.trusted_proxies)
        if _is_everyone(network)
    ]
    mail = _split(settings.mail_url)
    if mail.scheme == "smtp" and mail.username and parse_qs(mail.query).get("starttls", ["always"])[-1] != "always":
        errors.append("MAIL_URL must not send its password without TLS in production: use starttls=always or smtps://")
    return errors


def _is_here(url: str) -> bool:
    return (_split(url).hostname or "") in ("localhost", "127.0.0.1", "::1")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")  # reported where it is opened


def _is_everyone(text: str) -> bool:
    """Return whether a network is most of the Internet: larger than any provider's, also written as IPv4 in IPv6."""
    try:
        network = ip_network(text)
    except ValueError:
        return False  # reported as invalid
    if isinstance(network, IPv4Network):
        return network.prefixlen < _LARGEST_IPV4
    mapped = network.subnet_of(_MAPPED) and network.prefixlen < 96 + _LARGEST_IPV4
    return network.prefixlen < _LARGEST_IPV6 or mapped


def _listed(text: str) -> list[str]:
    return [one for one in map(str.strip, text.split(",")) if one]
