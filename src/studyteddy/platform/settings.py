"""Settings: one struct, read from the environment once, refused with every fault at the same time."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Literal, get_type_hints

import msgspec
from msgspec import Meta

RATE = r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}(:[1-9][0-9]{0,8})?$"


class BadSettings(Exception):
    """The environment does not describe a system that may start; one line a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be configured. The environment variable is the field's name in capitals."""

    environment: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses weak secrets, sends HSTS, and hides `/metrics` on the API's port."),
    ] = "development"
    database_url: Annotated[str, Meta(description="PostgreSQL as the application role, which owns nothing.")]
    migration_database_url: Annotated[
        str, Meta(description="PostgreSQL as the owner of the schema; `DATABASE_URL` when empty.")
    ] = ""
    redis_url: Annotated[str, Meta(description="Redis or Valkey, 7.0 or newer; `rediss://` for TLS.")]
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port of the API.")] = 8000
    metrics_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="Internal port of `/metrics`; 0 serves it on the API's port, in development only.",
        ),
    ] = 0
    signing_key: Annotated[str, Meta(description="Ed25519 private key that signs access tokens, 32 bytes, base64url.")]
    refresh_key: Annotated[str, Meta(description="Key of the refresh tokens' HMAC, 32 bytes, base64url.")]
    cursor_key: Annotated[str, Meta(description="Key that signs list cursors, 32 bytes, base64url.")]
    password_pepper: Annotated[str, Meta(description="Key of the digest under bcrypt, 32 bytes, base64url.")]
    sealing_keys: Annotated[
        str, Meta(description="Keys that seal secrets at rest, `id:key[,id:key…]`; the first one seals.")
    ]
    database_pool: Annotated[int, Meta(ge=1, le=200, description="Connections of one process to PostgreSQL.")] = 10
    statement_cache: Annotated[
        bool, Meta(description="Prepared statements; switch off behind a pooler in transaction mode.")
    ] = True
    api_processes: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="API processes in all; the local limiter divides by it when Redis is away.",
        ),
    ] = 1
    trusted_proxies: Annotated[
        str, Meta(description="Networks whose `X-Forwarded-For` is believed, comma separated CIDRs.")
    ] = ""
    allowed_origins: Annotated[str, Meta(description="Browser origins allowed by CORS, comma separated.")] = ""
    public_url: Annotated[str, Meta(description="Address under which people reach the server.")] = ""
    storage_url: Annotated[
        str,
        Meta(
            description="Where files are kept: `s3://key:secret@bucket?endpoint=…`, `file:///folder`, or `memory:`."
            " With key and secret, attachments go to S3 and come from there directly: let the CORS rules of the bucket"
            " allow PUT and GET from where the app is served."
        ),
    ] = "memory:"
    mail_url: Annotated[
        str, Meta(description="Who carries our mail: `smtp://user:password@host:587`, `smtps://…`, or `console:`.")
    ] = "console:"
    mail_sender: Annotated[str, Meta(description="Whose name and address our mail bears.")] = (
        "Study Teddy <teddy@localhost.localdomain>"
    )
    google_issuer: Annotated[str, Meta(description="Who signs people in with Google; another one for tests.")] = (
        "https://accounts.google.com"
    )
    google_client_id: Annotated[
        str, Meta(description="Our registration with Google; without one it is not offered.")
    ] = ""
    google_client_secret: Annotated[str, Meta(description="The secret of that registration.")] = ""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="Least level logged.")] = "info"
    log_sample: Annotated[
        float, Meta(ge=0, le=1, description="Share of successful requests logged; failures always are.")
    ] = 0.01
    limit_general: Annotated[str, Meta(pattern=RATE, description="Requests of one user: `count/seconds:burst`.")] = (
        "600/60:120"
    )
    limit_anonymous: Annotated[str, Meta(pattern=RATE, description="Requests without sign-in of one address.")] = (
        "600/60:120"
    )
    limit_login_account: Annotated[str, Meta(pattern=RATE, description="Logins to one account.")] = "10/900:10"
    limit_login_address: Annotated[str, Meta(pattern=RATE, description="Logins from one address.")] = "100/900:100"
    limit_register: Annotated[str, Meta(pattern=RATE, description="Registrations from one address.")] = "30/3600:30"
    limit_reset: Annotated[str, Meta(pattern=RATE, description="Reset and verification mails for one address.")] = (
        "5/3600:5"
    )
    limit_export: Annotated[str, Meta(pattern=RATE, description="Exports of one account.")] = "3/3600:3"
    bcrypt_cost: Annotated[
        int, Meta(ge=4, le=16, description="Cost of a password hash; production wants 12 or more.")
    ] = 12
    job_lease: Annotated[
        float, Meta(ge=0.5, le=600, description="Seconds after which a silent worker's jobs go on.")
    ] = 30.0
    job_beat: Annotated[float, Meta(ge=0.1, le=200, description="Seconds between two signs of life of a worker.")] = (
        10.0
    )
    job_poll: Annotated[float, Meta(ge=0.05, le=60, description="Seconds between two looks for due jobs, ± 20 %.")] = (
        1.0
    )
    job_attempts: Annotated[int, Meta(ge=1, le=50, description="Attempts before a job is a dead letter.")] = 8
    job_backoff: Annotated[
        float,
        Meta(
            ge=0.01,
            le=60,
            description="Base of the seconds between attempts: base · 2ⁿ, jittered, at most 10 min.",
        ),
    ] = 1.0
    job_slots: Annotated[
        int, Meta(ge=1, le=200, description="Jobs that talk to the outside at the same time, one worker.")
    ] = 20
    drain_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=30,
            description='Seconds between saying "not ready" and closing, so that a balancer notices.',
        ),
    ] = 0.0
    idle_socket_buffer: Annotated[
        int, Meta(ge=8, le=4096, description="Events a slow socket may be behind before it is cut.")
    ] = 256


KEYS = ("signing_key", "refresh_key", "cursor_key", "password_pepper")


def load(environ: Mapping[str, str]) -> Settings:
    """Settings of this environment; raises `BadSettings` naming every fault at once."""
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        given = environ.get(field.name.upper(), "").strip()
        if given:
            try:
                values[field.name] = msgspec.convert(given, hints[field.name], strict=False)
            except msgspec.ValidationError as fault:
                faults[field.name.upper()] = f"{field.name.upper()}: {fault}"
        elif field.required:
            faults[field.name.upper()] = f"{field.name.upper()} is missing: {_purpose(hints[field.name])}"
        if field.required:
            values.setdefault(field.name, "")
    settings = Settings(**values)  # type: ignore[arg-type]
    weaknesses = [weak for weak in _weaknesses(settings) if weak.partition(" ")[0] not in faults]
    if faults or weaknesses:
        raise BadSettings([*faults.values(), *weaknesses])
    return settings


def page() -> str:
    """docs/settings.md: every variable, what it is without being set, and what it is for."""
    hints = get_type_hints(Settings, include_extras=True)
    lines = [
        "# Settings",
        "",
        "Generated from `src/studyteddy/platform/settings.py`. Each is an environment variable, read once at start; a",
        "start with faulty or missing ones is refused and names all of them.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        default = "required" if field.required else f"`{field.default}`" if field.default != "" else "empty"
        lines.append(f"| `{field.name.upper()}` | {default} | {_purpose(hints[field.name])} |")
    return "\n".join(lines) + "\n"


def key_bytes(text: str) -> bytes:
    """The bytes of a base64url key; raises `ValueError` unless they are 32."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as fault:  # `binascii.Error` is one, and so is what a letter outside ASCII raises
        raise ValueError("is not base64url") from fault
    if len(raw) != 32:
        raise ValueError(f"has {len(raw)} bytes instead of 32")
    return raw


def sealing_ring(text: str) -> dict[str, bytes]:
    """Sealing keys by id, the current one first; raises `ValueError` unless each has an id of its own."""
    pairs = [part.partition(":") for part in text.split(",")]
    ring = {name.strip(): key_bytes(key.strip()) for name, _, key in pairs}
    if len(ring) < len(pairs) or "" in ring:
        raise ValueError("needs an id of its own for each key: `id:key`")
    return ring


def _purpose(hint: object) -> str:
    metas = getattr(hint, "__metadata__", ())
    return next((meta.description for meta in metas if isinstance(meta, Meta) and meta.description), "")


def _weaknesses(settings: Settings) -> list[str]:
    faults: list[str] = []
    keys: dict[str, bytes] = {}
    for name in KEYS:
        try:
            keys[name.upper()] = key_bytes(getattr(settings, name))
        except ValueError as fault:
            faults.append(f"{name.upper()} {fault}")
    try:
        keys |= {f"SEALING_KEYS {name}": key for name, key in sealing_ring(settings.sealing_keys).items()}
    except ValueError as fault:
        faults.append(f"SEALING_KEYS {fault}")
    for network in filter(None, map(str.strip, settings.trusted_proxies.split(","))):
        try:
            ip_network(network)
        except ValueError as fault:
            faults.append(f"TRUSTED_PROXIES names what is no network: {fault}")
    if settings.job_beat * 2 > settings.job_lease:
        faults.append("JOB_BEAT must be at most half of JOB_LEASE, or a live worker loses its jobs")
    return faults + (_not_for_production(settings, keys) if settings.environment == "production" else [])


def _not_for_production(settings: Settings, keys: dict[str, bytes]) -> list[str]:
    faults = [
        f"{name} is too simple to be a secret: make 32 random bytes" for name, key in keys.items() if len(set(key)) < 12
    ]
    if len(set(keys.values())) < len(keys):
        faults.append("two secrets are the same: each needs its own 32 random bytes")
    if settings.bcrypt_cost < 12:
        faults.append("BCRYPT_COST must be at least 12 in production")
    if not settings.migration_database_url or settings.migration_database_url == settings.database_url:
        faults.append("MIGRATION_DATABASE_URL must name the schema's owner, another role than DATABASE_URL's")
    if settings.mail_url.startswith(("console:", "outbox:")):
        faults.append("MAIL_URL must name a server in production, or nobody ever reads our mail")
    if settings.storage_url.startswith("memory:"):
        faults.append("STORAGE_URL must name a place that outlives the process in production")
    if not settings.public_url.startswith("https://"):
        faults.append("PUBLIC_URL must begin with https:// in production")
    return faults
