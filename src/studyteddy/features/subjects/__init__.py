"""Subjects that a student studies.

Owns: subjects. Publishes: subject.created, subject.updated, subject.deleted. Reacts to: nothing.
"""

from __future__ import annotations

from studyteddy.features.subjects import api, store
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,), data_exports=(*store.DATA_EXPORTS,))
