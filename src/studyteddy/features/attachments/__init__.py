"""Attachments of tasks: declared, uploaded, verified.

Owns: attachments and their files. Publishes: attachment.*. Reacts to: task.deleted, attachment.deleted.
"""

from __future__ import annotations

from studyteddy.features.attachments import api, jobs, store
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,), jobs=(jobs.jobs,), data_exports=(*store.DATA_EXPORTS,))
