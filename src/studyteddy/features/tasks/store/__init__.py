"""Every statement of tasks, by noun: `rows` of single tasks, their `steps` and `history`, `series`, and the `lists`."""

from studyteddy.features.tasks.store import (
    attachments,
    history,
    lists,
    rows,
    search,
    series,
    steps,
)

HOLDINGS = [*rows.HOLDINGS, *steps.HOLDINGS, *series.HOLDINGS, *history.HOLDINGS, *attachments.HOLDINGS]

__all__ = [
    "HOLDINGS", "attachments", "history", "lists", "rows", "search", "series", "steps",
]  # fmt: skip
