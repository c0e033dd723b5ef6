"""Settings: one struct, read once from the environment; all errors are reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal, get_type_hints
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec
from msgspec import Meta

from studyteddy.platform import base64url, egress

RATE = r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}(:[1-9][0-9]{0,8})?$"


_LARGEST_IPV4, _LARGEST_IPV6 = 8, 16
"""The shortest prefixes of a trusted network: 10.0.0.0/8 and fd00::/16 are the largest that anyone runs proxies in."""
_MAPPED = IPv6Network("::ffff:0:0/96")
_ORIGIN = re.compile(r"https?://[^\s/*?#@]+")


class BadSettings(Exception):
    """The environment is incomplete or invalid; one line per error."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.faults = errors


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. The environment variable is the field's name in upper case."""

    environment: Annotated[
        Literal["development", "production"],
        Meta(
            description="`production` rejects weak secrets and unencrypted URLs, sends HSTS, and hides `/metrics` on"
            " the API port."
        ),
    ] = "development"
    database_url: Annotated[str, Meta(description="PostgreSQL URL of the application role, which owns no tables.")]
    migration_database_url: Annotated[
        str, Meta(description="PostgreSQL URL of the schema's owner; defaults to `DATABASE_URL`.")
    ] = ""
    redis_url: Annotated[str, Meta(description="URL of Redis or Valkey, 7.0 or later; `rediss://` for TLS.")]
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port of the API.")] = 8000
    metrics_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="Internal port of `/metrics`; `0` serves it on the API port, in development only.",
        ),
    ] = 0
    signing_key: Annotated[str, Meta(description="Ed25519 private key that signs access tokens; 32 bytes, base64url.")]
    refresh_key: Annotated[str, Meta(description="HMAC key for refresh and device tokens; 32 bytes, base64url.")]
    cursor_key: Annotated[str, Meta(description="Key that signs list cursors; 32 bytes, base64url.")]
    password_pepper: Annotated[
        str, Meta(description="HMAC key applied to passwords before bcrypt; 32 bytes, base64url.")
    ]
    sealing_keys: Annotated[
        str,
        Meta(description="Keys that encrypt secrets at rest, `id:key[,id:key…]`; the first one encrypts new values."),
    ]
    database_pool: Annotated[int, Meta(ge=1, le=200, description="Maximum PostgreSQL connections per process.")] = 10
    statement_cache: Annotated[
        bool, Meta(description="Use prepared statements; disable behind a connection pooler in transaction mode.")
    ] = True
    api_processes: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Total number of API processes; rate limits are divided by it while Redis is unavailable.",
        ),
    ] = 1
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Proxy networks whose `X-Forwarded-For` is trusted; comma-separated CIDRs. Production rejects"
            " networks wider than /8 (IPv6: /16)."
        ),
    ] = ""
    connections_per_address: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="Maximum connections from one client address, IPv6 by /64. Trusted proxies are exempt, but not"
            " the WebSocket connections of their clients.",
        ),
    ] = 256
    egress_allow: Annotated[
        str,
        Meta(
            description="What the server may fetch for students although it isn't on the public Internet, such as a"
            " calendar in the local network; comma-separated `host:port`, or CIDRs for ports 80, 443, 8008, 8080 and"
            " 8443."
        ),
    ] = ""
    allowed_origins: Annotated[str, Meta(description="Browser origins allowed by CORS; comma-separated.")] = ""
    public_url: Annotated[
        str,
        Meta(
            description="Public URL of the server; `http://HOST:PORT` when empty. Cookies are tied to TLS unless it is"
            " plain http on loopback."
        ),
    ] = ""
    web: Annotated[
        Literal["on", "off"], Meta(description="`off` serves only the API, and `./teddy up` doesn't build the web app.")
    ] = "on"
    web_dir: Annotated[
        str,
        Meta(
            description="Folder of the built web app, written by `./teddy web build --out FOLDER`; if empty, only the"
            " API is served. `./teddy up` builds the app into its data folder, unless this is set."
        ),
    ] = ""
    storage_url: Annotated[
        str,
        Meta(
            description="Object storage: `s3://key:secret@bucket?endpoint=…`, `file:///folder`, or `memory:`. With a"
            " key and secret, clients upload and download attachments directly: the CORS rules of the bucket must allow"
            " PUT and GET from the origin of the app."
        ),
    ] = "memory:"
    mail_url: Annotated[
        str,
        Meta(
            description="Mail transport: `smtp://user:password@host:587`, `smtps://…`, or `console:`."
            " `?smtputf8=yes` says that the server supports international addresses."
        ),
    ] = "console:"
    mail_sender: Annotated[str, Meta(description="Sender of outgoing mail, `Name <address>`.")] = (
        "Study Teddy <teddy@localhost.localdomain>"
    )
    google_issuer: Annotated[
        str, Meta(description="OpenID Connect issuer for Google sign-in; change it for tests only.")
    ] = "https://accounts.google.com"
    google_client_id: Annotated[
        str, Meta(description="OAuth client id for Google sign-in; Google sign-in is disabled when empty.")
    ] = ""
    google_client_secret: Annotated[str, Meta(description="OAuth client secret for Google sign-in.")] = ""
    ai_url: Annotated[
        str,
        Meta(
            description="OpenAI-compatible endpoint such as `https://api.openai.com/v1` or `http://127.0.0.1:8080/v1`;"
            " `scripted:` is the built-in model that always answers the same. AI is off when empty: the tutor answers"
            " 503, and assignments are split by templates."
        ),
    ] = ""
    ai_key: Annotated[str, Meta(description="API key for `AI_URL`.")] = ""
    ai_model: Annotated[str, Meta(description="Name of the model at `AI_URL`.")] = ""
    ai_fallback_url: Annotated[
        str, Meta(description="Another endpoint, which is used while the first one fails; none when empty.")
    ] = ""
    ai_fallback_key: Annotated[str, Meta(description="API key for `AI_FALLBACK_URL`.")] = ""
    ai_fallback_model: Annotated[str, Meta(description="Name of the model at `AI_FALLBACK_URL`.")] = ""
    ai_own_keys: Annotated[
        Literal["on", "off"],
        Meta(
            description="`on` allows students to bring their own keys for `AI_URL`. Calls with them don't count against"
            " the limits of tokens."
        ),
    ] = "off"
    ai_daily_tokens: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="Tokens that one student may use per day (UTC).")
    ] = 30_000
    ai_total_daily_tokens: Annotated[
        int, Meta(ge=0, le=1_000_000_000_000, description="Tokens that all students together may use per day (UTC).")
    ] = 3_000_000
    ai_deadline: Annotated[
        float, Meta(ge=1, le=60, description="Seconds that a model may take, including retries and the fallback.")
    ] = 60.0
    calendar_poll: Annotated[int, Meta(ge=60, le=86_400, description="Seconds between two readings of a calendar.")] = (
        3600
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Minimum level of log entries.")
    ] = "info"
    log_sample: Annotated[
        float,
        Meta(ge=0, le=1, description="Fraction of successful requests to log; failed requests are always logged."),
    ] = 0.01
    limit_general: Annotated[str, Meta(pattern=RATE, description="Requests per user: `count/seconds:burst`.")] = (
        "600/60:120"
    )
    limit_anonymous: Annotated[str, Meta(pattern=RATE, description="Unauthenticated requests per address.")] = (
        "600/60:120"
    )
    limit_login_account: Annotated[
        str,
        Meta(
            pattern=RATE,
            description="Guesses of the password or code of an account, of each kind: by strangers, by each device that"
            " has signed in to it before, and by its sessions.",
        ),
    ] = "10/900:10"
    limit_login_address: Annotated[
        str, Meta(pattern=RATE, description="Login attempts per address, except by devices that are known.")
    ] = "100/900:100"
    limit_register: Annotated[str, Meta(pattern=RATE, description="Registrations per address.")] = "30/3600:30"
    limit_reset: Annotated[
        str, Meta(pattern=RATE, description="Password reset and verification mails per address.")
    ] = "5/3600:5"
    limit_export: Annotated[str, Meta(pattern=RATE, description="Data exports per account.")] = "3/3600:3"
    limit_ai_taskify: Annotated[str, Meta(pattern=RATE, description="Assignments split per account.")] = "8/60:8"
    limit_ai_breakdown: Annotated[str, Meta(pattern=RATE, description="Steps split again per account.")] = "6/60:6"
    limit_ai_tutor: Annotated[str, Meta(pattern=RATE, description="Messages to the tutor per account.")] = "10/60:10"
    limit_ai_questions: Annotated[str, Meta(pattern=RATE, description="Sets of practice questions per account.")] = (
        "5/60:5"
    )
    limit_feed: Annotated[str, Meta(pattern=RATE, description="Readings of a published calendar.")] = "60/3600:20"
    limit_feed_sync: Annotated[str, Meta(pattern=RATE, description="Calendars read at once.")] = "60/3600:30"
    limit_ai_plan: Annotated[str, Meta(pattern=RATE, description="Study plans per account.")] = "3/60:3"
    limit_ai_estimate: Annotated[str, Meta(pattern=RATE, description="Estimates of what AI costs per account.")] = (
        "20/60:20"
    )
    bcrypt_cost: Annotated[
        int, Meta(ge=4, le=16, description="bcrypt cost of password hashes; at least 12 in production.")
    ] = 12
    job_lease: Annotated[
        float, Meta(ge=0.5, le=600, description="Seconds before the jobs of an unresponsive worker are claimed again.")
    ] = 30.0
    job_beat: Annotated[
        float, Meta(ge=0.1, le=200, description="Seconds between heartbeats of a worker; at most half of `JOB_LEASE`.")
    ] = 10.0
    job_poll: Annotated[float, Meta(ge=0.05, le=60, description="Seconds between polls for due jobs, ± 20 %.")] = 1.0
    job_attempts: Annotated[int, Meta(ge=1, le=50, description="Attempts before a job becomes a dead letter.")] = 8
    job_backoff: Annotated[
        float,
        Meta(
            ge=0.01,
            le=60,
            description="Base delay between attempts in seconds: base · 2ⁿ with jitter, at most 10 minutes.",
        ),
    ] = 1.0
    job_slots: Annotated[
        int, Meta(ge=1, le=200, description="Maximum concurrent jobs per worker that call external services.")
    ] = 20
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=30, description='Seconds between reporting "not ready" and shutting down, for load balancers.'),
    ] = 0.0
    idle_socket_buffer: Annotated[
        int, Meta(ge=8, le=4096, description="Maximum queued events per WebSocket before a slow connection is closed.")
    ] = 256


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
        "Generated from `src/studyteddy/platform/settings.py`. Settings are environment variables, read at startup.",
        "If any are missing or invalid, the program lists all of them and exits.",
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
