"""Serves a model with llama.cpp until the standard input is closed: `python llama_server.py WEIGHTS`."""

from __future__ import annotations

import sys

import xllamacpp  # type: ignore[import-untyped]


def main(weights: str) -> None:
    options = xllamacpp.CommonParams()
    options.model.path = weights
    options.n_ctx, options.n_parallel = 8192, 2
    options.n_predict = 100
    # Several threads would wait for each other while other tests use the cores.
    options.cpuparams.n_threads = options.cpuparams_batch.n_threads = 1
    options.sampling.temp, options.sampling.seed = 0.0, 0
    options.hostnames, options.port = ["127.0.0.1"], 0
    options.ui = False
    options.verbosity = 0
    server = xllamacpp.Server(options)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
