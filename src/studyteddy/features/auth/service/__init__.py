"""The actions of auth: accounts, sessions, passwords, API keys."""

from studyteddy.features.auth.service.accounts import clockwork, me, register

__all__ = ["clockwork", "me", "register"]
