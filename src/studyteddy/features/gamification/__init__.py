"""Points, with limits that prevent farming.

Owns: points_ledger. Publishes: points.changed. Reacts to: task.completed, task.reopened,
focus.completed, focus.deleted.
"""

from __future__ import annotations

from studyteddy.features.gamification import api, jobs, store
from studyteddy.features.gamification.schemas import PointsChanged
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(api.router,), jobs=(jobs.jobs,), data_exports=(*store.DATA_EXPORTS,), event_schemas=(PointsChanged,)
)
