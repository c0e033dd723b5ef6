"""HTTP of auth."""

from studyteddy.features.auth.api import elsewhere, leaving, operators, people, safety, sessions
from studyteddy.features.auth.api.common import router, support, users

__all__ = ["elsewhere", "leaving", "operators", "people", "router", "safety", "sessions", "support", "users"]
