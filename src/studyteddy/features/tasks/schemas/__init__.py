"""What tasks takes in and gives out, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.schemas.lists import (
    DayQuery,
    Sort,
    TaskQuery,
)
from studyteddy.features.tasks.schemas.quick_add import ParsedLine, ParsedTask, QuickLine
from studyteddy.features.tasks.schemas.single import (
    AlreadyCompleted,
    NewTask,
    NoSuchTask,
    Priority,
    Status,
    Task,
    TaskChanges,
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
    "AlreadyCompleted", "DayQuery", "NewSubtask", "NewTask", "NoSuchSubtask", "NoSuchTask", "ParsedLine", "ParsedTask",
    "Priority", "QuickLine", "Sort", "Status", "Subtask", "SubtaskChanges", "SubtaskList", "SubtaskOrder", "Task",
    "TaskChanges", "TaskQuery", "TooManySubtasks",
]  # fmt: skip
