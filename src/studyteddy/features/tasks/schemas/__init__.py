"""What tasks takes in and gives out, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.schemas.lists import (
    DayQuery,
    Hit,
    LabelList,
    LabelUse,
    Order,
    SearchQuery,
    Sort,
    TaskQuery,
    UpcomingQuery,
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
    "AlreadyCompleted", "DayQuery", "Hit", "LabelList", "LabelUse", "NewSubtask", "NewTask", "NoSuchSubtask",
    "NoSuchTask", "Order", "Priority", "SearchQuery", "Sort", "Status", "Subtask", "SubtaskChanges", "SubtaskList",
    "SubtaskOrder", "Task", "TaskChanges", "TaskQuery", "TooManySubtasks", "UpcomingQuery",
]  # fmt: skip
