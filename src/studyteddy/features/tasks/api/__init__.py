"""HTTP of tasks, their steps and their attachments."""

from studyteddy.features.tasks.api import batch, single
from studyteddy.features.tasks.api.common import router

__all__ = ["batch", "router", "single"]
