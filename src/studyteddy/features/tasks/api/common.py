"""The routers of tasks."""

from studyteddy.platform.web import Router

router = Router("/api/tasks", tag="tasks")
searching = Router("/api/search", tag="tasks")
