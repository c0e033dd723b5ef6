"""Every statement of focus, by noun: `sessions` and `presets`."""

from studyteddy.features.focus.store import presets, sessions

HOLDINGS = [*sessions.HOLDINGS, *presets.HOLDINGS]

__all__ = ["HOLDINGS", "presets", "sessions"]
