"""HTTP of tasks, by noun."""

from studyteddy.features.tasks.api import attachments, batch, history, lists, series, single, steps
from studyteddy.features.tasks.api.common import router, searching

__all__ = ["attachments", "batch", "history", "lists", "router", "searching", "series", "single", "steps"]
