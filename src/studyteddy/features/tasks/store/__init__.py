"""Every statement of tasks, by noun: `rows` of single tasks, `steps`, `attachments`, and the `lists`."""

from studyteddy.features.tasks.store import attachments, lists, rows, steps

HOLDINGS = [*rows.HOLDINGS, *steps.HOLDINGS, *attachments.HOLDINGS]

__all__ = ["HOLDINGS", "attachments", "lists", "rows", "steps"]
