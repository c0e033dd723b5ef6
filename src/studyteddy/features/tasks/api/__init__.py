"""HTTP of tasks, their steps and their attachments."""

from studyteddy.features.tasks.api import attachments, batch, single
from studyteddy.features.tasks.api.common import router

__all__ = ["attachments", "batch", "router", "single"]
