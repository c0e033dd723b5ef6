"""Tasks with their subtasks, series and history, task lists, and search.

Owns: tasks, subtasks, task_series, task_changes. Publishes: task.*, subtask.*, subtasks.reordered. Reacts to: nothing.
"""

from __future__ import annotations

from studyteddy.features.tasks.api import batch, history, lists, search, series, subtasks, tasks
from studyteddy.features.tasks.store import history as history_store
from studyteddy.features.tasks.store import series as series_store
from studyteddy.features.tasks.store import subtasks as subtasks_store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(tasks.router, subtasks.router, series.router, history.router, batch.router, lists.router, search.router),
    data_exports=(
        *tasks_store.DATA_EXPORTS,
        *subtasks_store.DATA_EXPORTS,
        *series_store.DATA_EXPORTS,
        *history_store.DATA_EXPORTS,
    ),
    retention=history_store.RETENTION,
)
