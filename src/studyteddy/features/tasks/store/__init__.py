"""Every statement of tasks, by noun: `rows` of single tasks, `steps`, and the `lists`."""

from studyteddy.features.tasks.store import lists, rows, steps

HOLDINGS = [*rows.HOLDINGS, *steps.HOLDINGS]

__all__ = ["HOLDINGS", "lists", "rows", "steps"]
