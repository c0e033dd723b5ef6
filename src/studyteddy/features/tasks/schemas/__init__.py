"""What tasks takes in and gives out, by noun: single tasks, their steps, batches, and the lists."""

from studyteddy.features.tasks.schemas.batch import (
    Batch,
    BatchResult,
    BatchResults,
    Command,
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    ReopenCommand,
    UpdateCommand,
)
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
    "AlreadyCompleted", "Batch", "BatchResult", "BatchResults", "Command", "CompleteCommand", "CreateCommand",
    "DayQuery", "DeleteCommand", "NewSubtask", "NewTask", "NoSuchSubtask", "NoSuchTask", "Priority", "ReopenCommand",
    "Sort", "Status", "Subtask", "SubtaskChanges", "SubtaskList", "SubtaskOrder", "Task", "TaskChanges", "TaskQuery",
    "TooManySubtasks", "UpdateCommand",
]  # fmt: skip
