"""What tasks takes in and gives out, by noun: single tasks, their steps, and the lists."""

from studyteddy.features.tasks.schemas.history import (
    Change,
    ChangedSince,
    ChangeKind,
    Delta,
    NoSuchChange,
)
from studyteddy.features.tasks.schemas.lists import (
    DayQuery,
    Sort,
    TaskQuery,
)
from studyteddy.features.tasks.schemas.series import (
    BadRecurrence,
    NewOccurrence,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
    OccurrenceTaken,
    Place,
    Recurrence,
    Scope,
    ScopeQuery,
    Series,
    Standing,
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
    StepBefore,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    TooManySubtasks,
)

__all__ = [
    "AlreadyCompleted", "BadRecurrence", "Change", "ChangeKind", "ChangedSince", "DayQuery", "Delta",
    "NewOccurrence", "NewSubtask", "NewTask", "NoSuchChange", "NoSuchOccurrence", "NoSuchSubtask", "NoSuchTask",
    "NotRecurring", "Occurrence", "OccurrenceQuery", "OccurrenceTaken", "Place", "Priority", "Recurrence", "Scope",
    "ScopeQuery", "Series", "Sort", "Standing", "Status", "StepBefore", "Subtask", "SubtaskChanges",
    "SubtaskList", "SubtaskOrder", "Task", "TaskChanges", "TaskQuery", "TooManySubtasks",
]  # fmt: skip
