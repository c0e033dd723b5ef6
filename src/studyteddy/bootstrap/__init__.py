"""The composition root: settings → named resources → app, worker."""

from studyteddy.bootstrap.catalogue import HOLDINGS, JOBS, ROUTERS, catalogue, events_page, openapi, routes
from studyteddy.bootstrap.operating import dead_jobs, retry_dead, rotate_keys, set_role
from studyteddy.bootstrap.processes import serve, work
from studyteddy.bootstrap.runtime import Runtime, application, background, runtime, worker
from studyteddy.bootstrap.seed import seed

__all__ = [
    "HOLDINGS", "JOBS", "ROUTERS", "Runtime", "application", "background", "catalogue", "dead_jobs", "events_page",
    "openapi",
    "retry_dead", "rotate_keys", "routes", "runtime", "seed", "serve", "set_role", "work", "worker",
]  # fmt: skip
