"""Creates the resources of a process from its settings, and the app or the worker from these."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from httpx2 import AsyncClient
from starlette.routing import WebSocketRoute

from studyteddy import __version__
from studyteddy.bootstrap.catalogue import DATA_EXPORTS, JOBS, RETENTION, ROUTERS, openapi
from studyteddy.features.ai.providers import embeddings
from studyteddy.features.ai.providers.embeddings import Embeddings
from studyteddy.features.ai.providers.failover import Failover
from studyteddy.features.ai.providers.model import KeyedModel
from studyteddy.features.ai.providers.scripted import Scripted
from studyteddy.features.ai.service.own_keys import OwnKeys
from studyteddy.features.ai.service.usage import Ai, Budget
from studyteddy.features.auth.providers.openid import OpenIdConnect
from studyteddy.features.auth.service import admin, api_keys, sessions
from studyteddy.features.calendar.providers import oauth
from studyteddy.features.calendar.service.connections import Clients, Connections
from studyteddy.features.calendar.service.published_feed import FeedAddresses
from studyteddy.platform import egress, http, mail
from studyteddy.platform.cache import Redis
from studyteddy.platform.db import database, schema
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.pool import Pool
from studyteddy.platform.db.statements import Statement
from studyteddy.platform.egress import Allowed
from studyteddy.platform.files import object_storage
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.jobs.registry import Registry
from studyteddy.platform.jobs.worker import Policy, Worker
from studyteddy.platform.mail import Mailer
from studyteddy.platform.privacy.data_export import TableExport
from studyteddy.platform.privacy.retention import Retention
from studyteddy.platform.realtime.endpoint import LiveEndpoint
from studyteddy.platform.realtime.hub import Hub
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.security.authorization import Authorizer
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.settings import SCRIPTED, Settings, key_bytes, sealing_ring
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web import rate_limits
from studyteddy.platform.web.admission import Admission
from studyteddy.platform.web.app import App, items
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.health import Health
from studyteddy.platform.web.pagination import Cursors
from studyteddy.platform.web.rate_limits import Guesses, Limit, Limiter
from studyteddy.platform.web.web_app import WebApp

_SCHEMA = Statement(str, "SELECT version_num FROM alembic_version")


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The open resources of one process. Handlers and jobs take them as parameters with these names."""

    settings: Settings
    registry: Registry
    db: Database
    redis: Redis
    hub: Hub
    revocations: Revocations
    health: Health
    authorizer: Authorizer
    limiter: Limiter
    limits: Mapping[str, Limit]
    guesses: Guesses
    cursors: Cursors
    passwords: Passwords
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    device_tokens: DeviceTokens
    feed_addresses: FeedAddresses
    calendar_pause: timedelta
    """Between two readings of a calendar that a student subscribes to."""
    calendar_connections: Connections
    calendar_turns: asyncio.Semaphore
    """Lets a few requests with notifications of calendars use the database at a time: a flood leaves it to others."""
    egress_allowed: Allowed
    """What may be fetched for students although it isn't on the public Internet."""
    field_encryption: FieldEncryption
    google: OpenIdConnect | None
    ai: Ai
    storage: ObjectStorage
    image_threads: ThreadPool
    text_threads: ThreadPool
    mailer: Mailer
    build: Callable[[], str]
    """Returns the build that clients compare with theirs; it may change while the process runs."""
    public_url: str
    cookies: Cookies
    data_exports: Sequence[TableExport]
    retention: Sequence[Retention]
    metrics_here: bool
    """Whether the API port serves `/metrics`, instead of an internal port."""
    openapi_document: Callable[[], bytes]
    web_app: WebApp

    @property
    def resources(self) -> dict[str, Any]:
        """All resources by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@asynccontextmanager
async def runtime(
    settings: Settings, *, clock: Callable[[], datetime] | None = None, name: str = "studyteddy"
) -> AsyncIterator[Runtime]:
    """Open the resources of one process, and close them in reverse order; also used by tests and benchmarks."""
    async with AsyncExitStack() as stack:
        registry = Registry(JOBS)
        pool, clock = await stack.enter_async_context(_connections(settings, name)), clock or _now
        redis, listener = [await stack.enter_async_context(Redis(settings.redis_url)) for _ in range(2)]
        quiet = Database(pool, clock=clock)  # for the hub and the revocations, which publish no events
        storage = object_storage.from_settings(settings.storage_url)
        web_app = WebApp(_web_folder(settings), bucket=await storage.origin())
        build = partial(_build, web_app)
        hub = _hub(quiet, redis, listener, settings, build)
        reactions = registry.reactions()
        db = Database(
            pool, clock=clock, reactions=reactions, announce=hub.announce, check_session=sessions.check_active
        )
        limiter, limits = Limiter(redis, processes=settings.api_processes), _limits(settings)
        outside = await stack.enter_async_context(http.client())
        guesses = Guesses(limiter, limits)
        revocations = Revocations(quiet, sessions, on_revoked=hub.end_session)
        access_tokens = AccessTokens(key_bytes(settings.signing_key), clock=time.time)
        yield Runtime(
            settings=settings,
            registry=registry,
            db=db,
            redis=redis,
            hub=hub,
            revocations=revocations,
            health=Health(db, redis, schema=lambda: _schema(db), expected=schema.latest()),
            authorizer=_authorizer(db, access_tokens, revocations),
            limiter=limiter,
            limits=limits,
            guesses=guesses,
            cursors=Cursors(key_bytes(settings.cursor_key)),
            passwords=stack.enter_context(closing(_passwords(settings, guesses))),
            access_tokens=access_tokens,
            refresh_tokens=RefreshTokens(key_bytes(settings.refresh_key)),
            device_tokens=DeviceTokens(key_bytes(settings.refresh_key), clock=time.time),
            feed_addresses=FeedAddresses(key_bytes(settings.refresh_key), _public_url(settings)),
            calendar_pause=timedelta(seconds=settings.calendar_poll),
            calendar_connections=_calendars(settings, outside, clock),
            calendar_turns=asyncio.Semaphore(2),
            egress_allowed=egress.allowed(settings.egress_allow),
            field_encryption=_field_encryption(settings),
            google=_google(settings, outside),
            ai=_ai(settings, stack),
            storage=storage,
            image_threads=_threads(stack, "images", 1),
            text_threads=_threads(stack, "texts", 2),
            mailer=_mailer(settings),
            build=build,
            public_url=_public_url(settings),
            cookies=Cookies(_public_url(settings)),
            data_exports=DATA_EXPORTS,
            retention=RETENTION,
            metrics_here=settings.metrics_port == 0 and settings.environment == "development",
            openapi_document=_openapi_document,
            web_app=web_app,
        )


def application(running: Runtime, *, watching: bool = True) -> App:
    """Return the ASGI application with these resources; `watching` runs its background tasks."""
    live = LiveEndpoint(running.hub, items(running.settings.allowed_origins))

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        async with _background(running):
            yield

    return App(
        ROUTERS,
        running.resources,
        settings=running.settings,
        admission=Admission(running.authorizer, running.limiter, running.limits),
        sockets=[WebSocketRoute("/ws", live)],
        others=running.web_app,
        lifespan=lifespan if watching else None,
    )


def worker(running: Runtime) -> Worker:
    """Return the worker with these resources."""
    settings = running.settings
    policy = Policy(
        lease=settings.job_lease,
        beat=settings.job_beat,
        poll=settings.job_poll,
        attempts=settings.job_attempts,
        backoff=settings.job_backoff,
        slots=settings.job_slots,
    )
    return Worker(running.db, running.registry, running.resources, policy)


@asynccontextmanager
async def _background(running: Runtime) -> AsyncIterator[None]:
    """Run the background tasks of an API process: poll revocations and sweep for lost events."""
    tasks = [asyncio.ensure_future(running.revocations.run()), asyncio.ensure_future(running.hub.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _connections(settings: Settings, name: str) -> AbstractAsyncContextManager[Pool]:
    cached = settings.statement_cache
    return database.connect(settings.database_url, size=settings.database_pool, statement_cache=cached, name=name)


def _build(web_app: WebApp) -> str:
    """Return the version of the program, with the key of the web app that is served, if there is one."""
    key = web_app.current()
    return f"{__version__}+{key}" if key else __version__


def _threads(stack: AsyncExitStack, name: str, threads: int) -> ThreadPool:
    return stack.enter_context(closing(ThreadPool(name, threads=threads, queue=8)))


def _public_url(settings: Settings) -> str:
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def _hub(db: Database, redis: Redis, listener: Redis, settings: Settings, build: Callable[[], str]) -> Hub:
    return Hub(
        db,
        redis,
        listener,
        sessions,
        build=build,
        max_queued=settings.idle_socket_buffer,
        per_address=settings.connections_per_address,
    )


def _passwords(settings: Settings, guesses: Guesses) -> Passwords:
    return Passwords(key_bytes(settings.password_pepper), guesses=guesses, cost=settings.bcrypt_cost)


def _authorizer(db: Database, access_tokens: AccessTokens, revocations: Revocations) -> Authorizer:
    return Authorizer(
        access_tokens,
        revocations,
        keys=lambda key: api_keys.identify(db, key),
        is_operator=lambda identity: admin.is_operator(db, identity),
    )


def _google(settings: Settings, client: AsyncClient) -> OpenIdConnect | None:
    if not settings.google_client_id:
        return None
    return OpenIdConnect(
        client,
        issuer=settings.google_issuer,
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret,
        redirect_uri=f"{settings.public_url.rstrip('/')}/api/auth/google/callback",
    )


def _calendars(settings: Settings, client: AsyncClient, clock: Callable[[], datetime]) -> Connections:
    clients = _calendar_clients(settings, client)
    allow = egress.allowed(settings.egress_allow)
    return Connections(_field_encryption(settings), allow, clients, public_url=_public_url(settings), clock=clock)


def _calendar_clients(settings: Settings, client: AsyncClient) -> Clients:
    redirect = f"{_public_url(settings)}/api/calendar/{{}}/callback"
    google = microsoft = None
    if settings.google_client_id:
        google = oauth.google(
            client,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret,
            redirect_uri=redirect.format("google"),
            issuer=settings.google_issuer,
        )
    if settings.microsoft_client_id:
        microsoft = oauth.microsoft(
            client,
            client_id=settings.microsoft_client_id,
            client_secret=settings.microsoft_client_secret,
            redirect_uri=redirect.format("outlook"),
            login_url=settings.microsoft_login_url,
        )
    return Clients(client, google, settings.google_calendar_url, microsoft, settings.microsoft_graph_url)


def _field_encryption(settings: Settings) -> FieldEncryption:
    return FieldEncryption(sealing_ring(settings.sealing_keys))


def _ai(settings: Settings, stack: AsyncExitStack) -> Ai:
    budget = Budget(settings.ai_daily_tokens, settings.ai_total_daily_tokens)
    models = _models(settings, stack)
    own_keys = OwnKeys(models[0], _field_encryption(settings)) if models and settings.ai_own_keys == "on" else None
    found = _embeddings(stack) if models else None
    return Ai(Failover(models) if models else None, budget, settings.ai_deadline, own_keys, found)


def _embeddings(stack: AsyncExitStack) -> Embeddings | None:
    folder = embeddings.folder()
    return Embeddings(_threads(stack, "embeddings", 1), folder) if folder else None


def _models(settings: Settings, stack: AsyncExitStack) -> list[KeyedModel]:
    """Return the configured language models, none if AI is off."""
    endpoints = (
        (settings.ai_url, settings.ai_key, settings.ai_model),
        (settings.ai_fallback_url, settings.ai_fallback_key, settings.ai_fallback_model),
    )
    models: list[KeyedModel] = []
    for url, key, name in endpoints:
        if url == SCRIPTED:
            models.append(Scripted())
        elif url:
            models.append(_endpoint(url, key, name, stack))
    return models


def _endpoint(url: str, key: str, name: str, stack: AsyncExitStack) -> KeyedModel:
    # Imported only where AI is on: the client takes 0.3 s of a start, and 25 MB.
    module = import_module("studyteddy.features.ai.providers.openai")
    model: Any = module.OpenAI(url, key, name)
    stack.push_async_callback(model.close)
    return model  # type: ignore[no-any-return]


def _mailer(settings: Settings) -> Mailer:
    development = settings.environment == "development"
    return mail.from_settings(settings.mail_url, origin=mail.sender(settings.mail_sender), development=development)


async def _schema(db: Database) -> str:
    async with db.system("relay") as tx:
        return await tx.one(_SCHEMA) or ""


def _web_folder(settings: Settings) -> Path | None:
    return Path(settings.web_dir) if settings.web == "on" and settings.web_dir else None


def _limits(settings: Settings) -> dict[str, Limit]:
    names: tuple[str, ...] = ("general", "anonymous", "login_account", "login_address", "register", "reset", "export")
    names += (
        "calendar_notices",
        "feed",
        "feed_sync",
        "ai_taskify",
        "ai_breakdown",
        "ai_tutor",
        "ai_questions",
        "ai_plan",
        "ai_estimate",
    )
    return {name: rate_limits.parse(name, getattr(settings, f"limit_{name}")) for name in names}


@cache
def _openapi_document() -> bytes:
    # Generated on the first request for it: it takes a fifth of the time of a start.
    return msgspec.json.encode(openapi())


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the process clock, passed to the database once
