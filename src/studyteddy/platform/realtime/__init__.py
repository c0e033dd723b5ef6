"""Live events: numbered in PostgreSQL, carried by Redis, and never missed on a socket that resumes."""

from studyteddy.platform.realtime.api import router
from studyteddy.platform.realtime.hub import Hub

__all__ = ["Hub", "router"]
