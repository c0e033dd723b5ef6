"""Statistics: daily aggregates by the student's local date, updated by events.

Owns: daily_progress. Publishes: progress.updated. Reacts to: task.completed, task.reopened,
focus.completed, focus.deleted, focus.reopened.
"""

from __future__ import annotations

from studyteddy.features.analytics import api, jobs, store
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,), jobs=(jobs.jobs,), data_exports=(*store.DATA_EXPORTS,))
