"""The actions of tasks, by noun: single tasks, their steps, series and history, and the lists."""

from studyteddy.features.tasks.service import history
from studyteddy.features.tasks.service.lists import page, today
from studyteddy.features.tasks.service.series import change, delete, expect, occurrences, skip
from studyteddy.features.tasks.service.single import add, complete, get, reopen
from studyteddy.features.tasks.service.steps import (
    add_step,
    delete_step,
    get_step,
    of_task,
    order_steps,
    update_step,
)

__all__ = [
    "add", "add_step", "change", "complete", "delete", "delete_step", "expect", "get", "get_step", "history",
    "occurrences", "of_task", "order_steps", "page", "reopen", "skip", "today", "update_step",
]  # fmt: skip
