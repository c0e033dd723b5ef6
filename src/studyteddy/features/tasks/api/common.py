"""The router of tasks."""

from studyteddy.platform.web import Router

router = Router("/api/tasks", tag="tasks")
