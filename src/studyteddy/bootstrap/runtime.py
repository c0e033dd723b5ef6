"""From settings to the named resources of one process, and from these to the app or the worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from httpx2 import AsyncClient

from studyteddy.bootstrap.catalogue import HOLDINGS, JOBS, openapi, routes
from studyteddy.features.auth.providers.openid import OpenIdConnect
from studyteddy.features.auth.service import keys
from studyteddy.platform import db as database
from studyteddy.platform import health, http, limits, mail, schema, storage
from studyteddy.platform.cache import Redis
from studyteddy.platform.db import Database, Statement
from studyteddy.platform.gate import Gate
from studyteddy.platform.jobs import Policy, Registry, Worker
from studyteddy.platform.lane import Lane
from studyteddy.platform.pages import Cursors
from studyteddy.platform.realtime import Hub
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.sealing import Sealer
from studyteddy.platform.security import AccessTokens, Passwords, RefreshTokens
from studyteddy.platform.settings import Settings, key_bytes, sealing_ring
from studyteddy.platform.web import App

_SCHEMA = Statement(str, "SELECT version_num FROM alembic_version")


@dataclass
class Runtime:
    """The open resources of one process, by the names that handlers and jobs ask for."""

    settings: Settings
    db: Database
    hub: Hub
    redis: Redis
    registry: Registry
    revocations: Revocations
    health: health.Health
    resources: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def runtime(
    settings: Settings, *, clock: Callable[[], datetime] | None = None, name: str = "studyteddy"
) -> AsyncIterator[Runtime]:
    """Opens the resources of one process and closes them in reverse; tests and benchmarks start here too."""
    async with AsyncExitStack() as stack:
        registry = Registry(JOBS)
        pool = await stack.enter_async_context(
            database.connect(
                settings.database_url,
                size=settings.database_pool,
                statement_cache=settings.statement_cache,
                name=name,
            )
        )
        db = Database(pool, clock=clock or _now, reactions=registry.reactions())
        redis, listener = Redis(settings.redis_url), Redis(settings.redis_url)
        hub = Hub(db, redis, listener, most_behind=settings.idle_socket_buffer)
        db.announce = hub.announce
        await stack.enter_async_context(redis)
        await stack.enter_async_context(listener)
        passwords = Passwords(key_bytes(settings.password_pepper), cost=settings.bcrypt_cost)
        stack.callback(passwords.close)
        pictures = Lane("pictures", threads=1, queue=8)
        stack.callback(pictures.close)
        revocations = Revocations(db)
        revocations.on_revoked.append(hub.end_session)
        google = _google(settings, await stack.enter_async_context(http.client()))
        access_tokens = AccessTokens(key_bytes(settings.signing_key), clock=time.time)
        report = health.Health(db, redis, schema=lambda: _schema(db), expected=schema.latest())
        yield Runtime(
            settings, db, hub, redis, registry, revocations, report,
            resources={
                "db": db,
                "hub": hub,
                "passwords": passwords,
                "access_tokens": access_tokens,
                "google": google,
                "picture_lane": pictures,
                "sealer": Sealer(sealing_ring(settings.sealing_keys)),
                "holdings": HOLDINGS,
                "storage": storage.from_settings(settings.storage_url),
                "mailer": _mailer(settings),
                "public_url": settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}",
                "gate": Gate(
                    access_tokens, revocations,
                    keys=lambda key: keys.identify(db, key),
                    is_operator=lambda identity: keys.is_operator(db, identity),
                ),
                "refresh_tokens": RefreshTokens(key_bytes(settings.refresh_key)),
                "revocations": revocations,
                "limiter": limits.Limiter(redis, processes=settings.api_processes),
                "limits": _limits(settings),
                "cursors": Cursors(key_bytes(settings.cursor_key)),
                "health": report,
                "metrics_here": settings.metrics_port == 0 and settings.environment == "development",
                "openapi_document": msgspec.json.encode(openapi()),
            },
        )  # fmt: skip


def application(running: Runtime) -> App:
    """The ASGI application over these resources."""
    given = running.resources
    return App(
        routes(), given, settings=running.settings, gate=given["gate"], limiter=given["limiter"],
        limits=given["limits"], socket=running.hub.serve,
    )  # fmt: skip


def worker(running: Runtime) -> Worker:
    """The worker over the same resources."""
    settings = running.settings
    policy = Policy(
        lease=settings.job_lease, beat=settings.job_beat, poll=settings.job_poll, attempts=settings.job_attempts,
        backoff=settings.job_backoff, slots=settings.job_slots,
    )  # fmt: skip
    return Worker(running.db, running.registry, running.resources, policy)


@asynccontextmanager
async def background(running: Runtime) -> AsyncIterator[None]:
    """What an API process does beside answering: hear of revocations, and sweep for events that Redis lost."""
    tasks = [asyncio.ensure_future(running.revocations.run()), asyncio.ensure_future(running.hub.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _google(settings: Settings, outside: AsyncClient) -> OpenIdConnect | None:
    if not settings.google_client_id:
        return None
    return OpenIdConnect(
        outside, issuer=settings.google_issuer, client_id=settings.google_client_id,
        client_secret=settings.google_client_secret,
        redirect_uri=f"{settings.public_url.rstrip('/')}/api/auth/google/callback",
    )  # fmt: skip


def _mailer(settings: Settings) -> mail.Mailer:
    development = settings.environment == "development"
    return mail.from_settings(settings.mail_url, origin=mail.sender(settings.mail_sender), development=development)


async def _schema(db: Database) -> str:
    async with db.system("relay") as tx:
        return await tx.one(_SCHEMA) or ""


def _limits(settings: Settings) -> dict[str, limits.Limit]:
    names = ("general", "anonymous", "login_account", "login_address", "register", "reset", "export")
    return {name: limits.parse(name, getattr(settings, f"limit_{name}")) for name in names}


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the process clock, given to the database once
