"""Every statement of tasks, by noun: `rows` of single tasks, their `steps` and `history`, `series`, and the `lists`."""

from studyteddy.features.tasks.store import history, lists, rows, series, steps

HOLDINGS = [*rows.HOLDINGS, *steps.HOLDINGS, *series.HOLDINGS, *history.HOLDINGS]

__all__ = ["HOLDINGS", "history", "lists", "rows", "series", "steps"]
