"""What tasks takes in and gives out, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.schemas.lists import (
    DayQuery,
    Sort,
    TaskQuery,
)
from studyteddy.features.tasks.schemas.single import (
    AlreadyCompleted,
    NewTask,
    NoSuchTask,
    Priority,
    Status,
    Task,
    TaskChanges,
    UnknownTask,
)
from studyteddy.features.tasks.schemas.steps import (
    NewSubtask,
    NoSuchSubtask,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    TooManySubtasks,
)

__all__ = [
    "AlreadyCompleted", "DayQuery", "NewSubtask", "NewTask", "NoSuchSubtask", "NoSuchTask", "Priority", "Sort",
    "Status", "Subtask", "SubtaskChanges", "SubtaskList", "SubtaskOrder", "Task", "TaskChanges", "TaskQuery",
    "TooManySubtasks", "UnknownTask",
]  # fmt: skip
