"""All settings: their names, defaults and descriptions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

RATE = r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}(:[1-9][0-9]{0,8})?$"


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
        str, Meta(description="OAuth client id for Google sign-in and calendars; neither is offered when empty.")
    ] = ""
    google_client_secret: Annotated[str, Meta(description="OAuth client secret for Google sign-in and calendars.")] = ""
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
    google_calendar_url: Annotated[
        str, Meta(description="URL of the Google Calendar API; change it for tests only.")
    ] = "https://www.googleapis.com/calendar/v3"
    microsoft_login_url: Annotated[
        str, Meta(description="Where students sign in to Microsoft; change it for tests only.")
    ] = "https://login.microsoftonline.com"
    microsoft_graph_url: Annotated[str, Meta(description="URL of Microsoft Graph; change it for tests only.")] = (
        "https://graph.microsoft.com/v1.0"
    )
    microsoft_client_id: Annotated[
        str, Meta(description="OAuth client id for calendars at Microsoft; they can't be connected when empty.")
    ] = ""
    microsoft_client_secret: Annotated[str, Meta(description="OAuth client secret for calendars at Microsoft.")] = ""
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
    limit_calendar_notices: Annotated[
        str, Meta(pattern=RATE, description="Notifications of changed calendars per address.")
    ] = "6000/60:2000"
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
        int,
        Meta(
            ge=1,
            le=200,
            description="Concurrent jobs per worker that call external services, and as many that read calendars.",
        ),
    ] = 20
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=30, description='Seconds between reporting "not ready" and shutting down, for load balancers.'),
    ] = 0.0
    idle_socket_buffer: Annotated[
        int, Meta(ge=8, le=4096, description="Maximum queued events per WebSocket before a slow connection is closed.")
    ] = 256
