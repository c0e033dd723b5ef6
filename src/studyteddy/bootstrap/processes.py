"""The API and worker processes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from studyteddy import __version__
from studyteddy.bootstrap.runtime import Runtime, application, runtime, worker
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.security.encryption import check_ring
from studyteddy.platform.settings import Settings
from studyteddy.platform.telemetry import configure_logs
from studyteddy.platform.web import health, security_headers
from studyteddy.platform.web.admission import Admission
from studyteddy.platform.web.app import App
from studyteddy.platform.web.connections import Connections, from_settings, raise_descriptor_limit
from studyteddy.platform.web.protocols import HttpProtocol, WebSocketProtocol

log = structlog.get_logger("studyteddy")


def serve(settings: Settings) -> None:
    """Serve requests until SIGTERM or SIGINT, then drain."""
    configure_logs(settings.log_level)
    raise_descriptor_limit()
    _run(_serve(settings))


def work(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT, then finish the running ones."""
    configure_logs(settings.log_level)
    _run(_work(settings))


async def _serve(settings: Settings) -> None:
    async with runtime(settings, name="studyteddy-api") as running:
        await _check_keys(running)
        app = application(running)
        _freeze()
        config = server_config(app, settings, port=settings.port)
        server = _Server(config, before_exit=lambda: _drain(app, running))
        async with _metrics_server(settings, running):
            log.info("api.started", host=settings.host, port=settings.port, version=__version__)
            await server.serve()


def server_config(
    app: ASGIApp, settings: Settings, *, port: int, host: str = "", connections: Connections | None = None
) -> uvicorn.Config:
    """Return the uvicorn configuration of every server, including those of the tests and benchmarks.

    `X-Forwarded-For` is trusted only from proxies in `TRUSTED_PROXIES`; if that is empty, it is ignored. `connections`
    replaces the limits of the settings.
    """
    connections = connections or from_settings(settings)
    return uvicorn.Config(
        app,
        host=host or settings.host,
        port=port,
        http=partial(HttpProtocol, connections=connections),  # type: ignore[arg-type]  # called like the class
        ws=partial(WebSocketProtocol, connections=connections),  # type: ignore[arg-type]
        lifespan="on",
        log_config=None,
        log_level="error",  # its warnings are about requests: strangers could fill the log with them
        access_log=False,
        headers=security_headers.fixed(secure=settings.environment == "production"),
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=30,  # the other limits of a connection are in `platform.web.protocols`
        timeout_graceful_shutdown=30,
        backlog=1024,
        ws_max_size=4096,
        ws_ping_interval=25,
    )


def _freeze() -> None:
    """Leave what every process has for its whole life out of garbage collections, which would stop it for 30 ms."""
    gc.collect()
    gc.freeze()


async def _check_keys(running: Runtime) -> None:
    """Refuse to start with keys that can't decrypt the stored secrets; start if the database is unavailable."""
    try:
        await check_ring(running.db, running.field_encryption)
    except Unavailable as fault:
        log.warning("keys.not_checked", detail=fault.detail)


async def _drain(app: App, running: Runtime) -> None:
    """Fail the readiness check so that the load balancer stops sending requests, then drain the sockets."""
    app.draining = running.health.draining = True
    await asyncio.sleep(min(1.0, running.settings.drain_seconds))
    running.hub.drain()


class _Server(uvicorn.Server):
    """A uvicorn server that drains before it stops listening."""

    def __init__(self, config: uvicorn.Config, *, before_exit: Callable[[], Any]) -> None:
        super().__init__(config)
        self._before_exit = before_exit

    async def shutdown(self, sockets: Any = None) -> None:
        await self._before_exit()
        await super().shutdown(sockets)


@asynccontextmanager
async def _metrics_server(settings: Settings, running: Runtime) -> AsyncIterator[None]:
    """Serve `/metrics` on the internal port, if one is set."""
    if not settings.metrics_port:
        yield
        return
    resources = running.resources | {"metrics_here": True}
    admission = Admission(running.authorizer, running.limiter, running.limits)
    app = App([health.router], resources, settings=settings, admission=admission)
    server = uvicorn.Server(server_config(app, settings, port=settings.metrics_port))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(server._serve())
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([serving], timeout=2)


async def _work(settings: Settings) -> None:
    async with runtime(settings, name="studyteddy-worker") as running:
        await _check_keys(running)
        working = worker(running)
        running.hub.listen_for_jobs(working.wake)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, working.stop)
        log.info("worker.started", version=__version__)
        await working.run()


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on uvloop if it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
        return
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main)
