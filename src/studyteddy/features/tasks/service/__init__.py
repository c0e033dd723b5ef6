"""The actions of tasks, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.service.lists import labels, overdue, page, today, upcoming
from studyteddy.features.tasks.service.search import search
from studyteddy.features.tasks.service.single import add, complete, delete, get, reopen, update
from studyteddy.features.tasks.service.steps import (
    add_step,
    delete_step,
    get_step,
    of_task,
    order_steps,
    update_step,
)

__all__ = [
    "add", "add_step", "complete", "delete", "delete_step", "get", "get_step", "labels", "of_task", "order_steps",
    "overdue", "page", "reopen", "search", "today", "upcoming", "update", "update_step",
]  # fmt: skip
