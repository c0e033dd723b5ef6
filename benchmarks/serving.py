"""Serves one of the references exactly as the program itself is served: `python -m benchmarks.serving floor`."""

from __future__ import annotations

import importlib
import os
import sys

import uvicorn

from benchmarks.world import run
from studyteddy.platform.settings import load
from studyteddy.platform.telemetry import configure_logs

FACTORIES = {
    "floor": "benchmarks.floor:application",
    "usual": "benchmarks.usual:application",
    "kernel": "benchmarks.framework:kernel",
    "litestar": "benchmarks.framework:litestar",
}


async def serve(name: str) -> None:
    """Until a signal comes."""
    settings = load(os.environ)
    module, _, factory = FACTORIES[name].partition(":")
    async with getattr(importlib.import_module(module), factory)(settings) as app:
        config = uvicorn.Config(
            app, host=settings.host, port=settings.port, http="httptools", ws="none", lifespan="off", log_config=None,
            access_log=False, server_header=False, date_header=True, proxy_headers=False, timeout_keep_alive=30,
        )  # fmt: skip
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    configure_logs("warning")
    run(serve(sys.argv[1]))
