"""Focus sessions, timed by the server and the same on every device, and their presets.

Owns: focus_sessions, focus_presets. Publishes: focus.*, preset.*. Reacts to: nothing.
"""

from __future__ import annotations

from studyteddy.features.focus import jobs
from studyteddy.features.focus.api import backfill, commands, presets, sessions
from studyteddy.features.focus.store import presets as presets_store
from studyteddy.features.focus.store import sessions as sessions_store
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(sessions.router, backfill.router, commands.router, presets.router),
    jobs=(jobs.jobs,),
    data_exports=(*sessions_store.DATA_EXPORTS, *presets_store.DATA_EXPORTS),
)
