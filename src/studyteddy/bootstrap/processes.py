"""The processes: an API that answers until it is told to stop, and a worker."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn

from studyteddy import __version__
from studyteddy.bootstrap.runtime import Runtime, application, background, runtime, worker
from studyteddy.platform import health
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.sealing import check_ring
from studyteddy.platform.settings import Settings
from studyteddy.platform.telemetry import configure_logs
from studyteddy.platform.web import App

log = structlog.get_logger("studyteddy")


def serve(settings: Settings) -> None:
    """Answers requests until SIGTERM or SIGINT, then drains."""
    configure_logs(settings.log_level)
    _run(_serve(settings))


def work(settings: Settings) -> None:
    """Runs jobs until SIGTERM or SIGINT, then lets those under way end."""
    configure_logs(settings.log_level)
    _run(_work(settings))


async def _serve(settings: Settings) -> None:
    async with runtime(settings, name="studyteddy-api") as running, background(running):
        await _check_keys(running)
        app = application(running)
        server = _Server(
            uvicorn.Config(
                app, host=settings.host, port=settings.port, http="httptools", ws="websockets-sansio", lifespan="off",
                log_config=None, access_log=False, server_header=False, date_header=True, proxy_headers=False,
                timeout_keep_alive=30, timeout_graceful_shutdown=30, backlog=1024, ws_max_size=4096,
                ws_ping_interval=25,
            ),
            before_exit=lambda: _drain(app, running),
        )  # fmt: skip
        async with _metrics_server(settings, running):
            log.info("api.started", host=settings.host, port=settings.port, version=__version__)
            await server.serve()


async def _check_keys(running: Runtime) -> None:
    """Refuses to start with keys that do not open what is sealed; the database being away is no reason to."""
    try:
        await check_ring(running.db, running.resources["sealer"])
    except Unavailable as fault:
        log.warning("keys.not_checked", detail=fault.detail)


async def _drain(app: App, running: Runtime) -> None:
    """Tells the balancer first, then the sockets."""
    app.draining = running.health.draining = True
    await asyncio.sleep(min(1.0, running.settings.drain_seconds))
    running.hub.drain()


class _Server(uvicorn.Server):
    """uvicorn that drains before it stops listening."""

    def __init__(self, config: uvicorn.Config, *, before_exit: Callable[[], Any]) -> None:
        super().__init__(config)
        self._before_exit = before_exit

    async def shutdown(self, sockets: Any = None) -> None:
        await self._before_exit()
        await super().shutdown(sockets)


@asynccontextmanager
async def _metrics_server(settings: Settings, running: Runtime) -> AsyncIterator[None]:
    """`/metrics` on its internal port, when one is set."""
    if not settings.metrics_port:
        yield
        return
    given = running.resources | {"metrics_here": True}
    app = App(
        health.router.routes, given, settings=settings, gate=given["gate"],
        limiter=given["limiter"], limits=given["limits"], socket=running.hub.serve,
    )  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.metrics_port,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
    )
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
    """Runs a coroutine on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
        return
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main)
