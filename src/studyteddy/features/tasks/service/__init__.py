"""The actions of tasks, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.service.lists import page, today
from studyteddy.features.tasks.service.quick_add import add_line
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
    "add", "add_line", "add_step", "complete", "delete", "delete_step", "get", "get_step", "of_task", "order_steps",
    "page", "reopen", "today", "update", "update_step",
]  # fmt: skip
