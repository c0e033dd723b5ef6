"""Every statement of tasks, by noun: `rows` of single tasks, `steps`, the `lists`, and the `search`."""

from studyteddy.features.tasks.store import lists, rows, search, steps

HOLDINGS = [*rows.HOLDINGS, *steps.HOLDINGS]

__all__ = ["HOLDINGS", "lists", "rows", "search", "steps"]
