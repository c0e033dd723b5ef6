"""What tasks takes in and gives out, by noun: single tasks, their steps, attachments, batches, and the lists."""

from studyteddy.features.tasks.schemas.attachments import (
    MOST_BYTES,
    AlreadyUploaded,
    Attachment,
    AttachmentBegun,
    AttachmentChanges,
    AttachmentList,
    Content,
    Kept,
    NewAttachment,
    NoSpaceLeft,
    NoSuchAttachment,
    NotUploaded,
    OverdueUpload,
    StillWaiting,
    TooManyAttachments,
    Upload,
    WrongContent,
    WrongEnding,
    WrongSize,
)
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
    "MOST_BYTES", "AlreadyCompleted", "AlreadyUploaded", "Attachment", "AttachmentBegun", "AttachmentChanges",
    "AttachmentList", "Batch", "BatchResult", "BatchResults", "Command", "CompleteCommand", "Content", "CreateCommand",
    "DayQuery", "DeleteCommand", "Kept", "NewAttachment", "NewSubtask", "NewTask", "NoSpaceLeft", "NoSuchAttachment",
    "NoSuchSubtask", "NoSuchTask", "NotUploaded", "OverdueUpload", "Priority", "ReopenCommand", "Sort", "Status",
    "StillWaiting", "Subtask", "SubtaskChanges", "SubtaskList", "SubtaskOrder", "Task", "TaskChanges", "TaskQuery",
    "TooManyAttachments", "TooManySubtasks", "UpdateCommand", "Upload", "WrongContent", "WrongEnding", "WrongSize",
]  # fmt: skip
