"""Serves a reference application with the options of the program: `python -m benchmarks.serving floor`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn

from benchmarks.world import run
from studyteddy.bootstrap.processes import server_config
from studyteddy.platform.settings import Settings, load
from studyteddy.platform.telemetry import configure_logs

FACTORIES = {
    "floor": "benchmarks.floor:application",
    "usual": "benchmarks.usual:application",
    "kernel": "benchmarks.framework:kernel",
    "litestar": "benchmarks.framework:litestar",
}


def factory(name: str) -> Callable[[Settings], AbstractAsyncContextManager[Any]]:
    """What makes an application of settings: one of those above, or the program on the Redis client of that name."""
    module, _, attribute = FACTORIES.get(name, "benchmarks.redis_clients:applications").partition(":")
    found: Any = getattr(importlib.import_module(module), attribute)
    return found if name in FACTORIES else found[name]  # type: ignore[no-any-return]


async def serve(name: str) -> None:
    """Runs until it receives a signal."""
    settings = load(os.environ)
    async with factory(name)(settings) as app:
        config = server_config(app, settings, port=settings.port)
        config.ws, config.lifespan = "none", "auto"  # a reference may have neither
        config.headers = []  # nor the security headers of the program
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    configure_logs("warning")
    run(serve(sys.argv[1]))
