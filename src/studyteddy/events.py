"""Everything that can happen, and with it the protocol of the live connection.

A public event reaches the user's clients as `{"seq", "type", "at", "data"}`; `shows` names the schema of `data`, which
is the object as GET shows it. The fields below are for the jobs that react.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy.platform.event import Event, internal, public


@internal("user.registered")
class UserRegistered(Event, frozen=True):
    """Someone made an account."""

    user_id: UUID
    name: str


@public("user.updated", shows="User")
class UserUpdated(Event, frozen=True):
    """The profile changed."""

    user_id: UUID


@public("preferences.updated", shows="Preferences")
class PreferencesUpdated(Event, frozen=True):
    """How the app looks and behaves was changed, here or on another device."""

    user_id: UUID


@internal("email.verification_asked")
class EmailVerificationAsked(Event, frozen=True):
    """The verification mail is wanted once more."""

    user_id: UUID


@internal("password.reset_asked")
class PasswordResetAsked(Event, frozen=True):
    """Somebody forgot the password of this address, or says so."""

    email: str


@internal("export.asked")
class ExportAsked(Event, frozen=True):
    """An archive of everything is wanted."""

    export_id: UUID


@public("export.updated", shows="Export")
class ExportUpdated(Event, frozen=True):
    """An archive made progress, or is ready."""

    export_id: UUID


@public("export.deleted", shows="Gone")
class ExportDeleted(Event, frozen=True):
    """An archive was cancelled or thrown away, or its seven days are over."""

    export_id: UUID


@internal("export.ready")
class ExportReady(Event, frozen=True):
    """An archive can be fetched."""

    export_id: UUID


@internal("deletion.scheduled")
class DeletionScheduled(Event, frozen=True):
    """The account is to be erased."""

    user_id: UUID


@internal("second_factor.changed")
class SecondFactorChanged(Event, frozen=True):
    """Signing in asks for a second factor from now on, or no longer."""

    user_id: UUID
    enabled: bool


@internal("password.changed")
class PasswordChanged(Event, frozen=True):
    """The account has a new password."""

    user_id: UUID
    by_mail: bool = False
    """Whether it was set through a mailed link; then the API keys have ended too."""


@public("subject.created", shows="Subject")
class SubjectCreated(Event, frozen=True):
    """A subject was added."""

    subject_id: UUID


@public("subject.updated", shows="Subject")
class SubjectUpdated(Event, frozen=True):
    """A subject changed; tasks that show its name show the new one."""

    subject_id: UUID


@public("subject.deleted", shows="Gone")
class SubjectDeleted(Event, frozen=True):
    """A subject is gone; its tasks stay, without it."""

    subject_id: UUID


@public("task.created", shows="Task")
class TaskCreated(Event, frozen=True):
    """A task was added."""

    task_id: UUID


@public("task.updated", shows="Task")
class TaskUpdated(Event, frozen=True):
    """A task changed, or the progress of its subtasks did."""

    task_id: UUID


@public("task.completed", shows="Task")
class TaskCompleted(Event, frozen=True):
    """A task was finished: what the points, the statistics and the notification need."""

    task_id: UUID
    title: str
    subject_id: UUID | None
    completed_at: datetime
    completed_on: date
    """The student's local date, fixed when it was written."""
    on_time: bool | None
    """Nothing when there was no due date."""
    completions: int
    """How often this task has been finished by now."""


@public("task.reopened", shows="Task")
class TaskReopened(Event, frozen=True):
    """A finished task is open again; the fields describe the completion that it undoes."""

    task_id: UUID
    subject_id: UUID | None
    completed_on: date
    on_time: bool | None
    completions: int


@public("task.deleted", shows="Gone")
class TaskDeleted(Event, frozen=True):
    """A task is gone, with its subtasks and attachments."""

    task_id: UUID


@public("subtask.created", shows="Subtask")
class SubtaskCreated(Event, frozen=True):
    """A step was added to a task."""

    subtask_id: UUID
    task_id: UUID


@public("subtask.updated", shows="Subtask")
class SubtaskUpdated(Event, frozen=True):
    """A step changed."""

    subtask_id: UUID
    task_id: UUID


@public("subtask.deleted", shows="Gone")
class SubtaskDeleted(Event, frozen=True):
    """A step is gone."""

    subtask_id: UUID
    task_id: UUID


@public("subtasks.reordered", shows="SubtaskList")
class SubtasksReordered(Event, frozen=True):
    """The steps of a task have a new order."""

    task_id: UUID


@public("attachment.created", shows="Attachment")
class AttachmentCreated(Event, frozen=True):
    """A file is to come to a task."""

    attachment_id: UUID
    task_id: UUID


@public("attachment.updated", shows="Attachment")
class AttachmentUpdated(Event, frozen=True):
    """A file came and is what it was said to be, or has another name."""

    attachment_id: UUID
    task_id: UUID


@public("attachment.deleted", shows="Gone")
class AttachmentDeleted(Event, frozen=True):
    """An attachment is gone, or never came."""

    attachment_id: UUID
    task_id: UUID


@public("focus.scheduled", shows="FocusSession")
class FocusScheduled(Event, frozen=True):
    """A focus session was planned."""

    session_id: UUID


@public("focus.started", shows="FocusSession")
class FocusStarted(Event, frozen=True):
    """A focus session runs."""

    session_id: UUID


@public("focus.updated", shows="FocusSession")
class FocusUpdated(Event, frozen=True):
    """A focus session was paused, resumed, extended or interrupted, or what is said of it changed."""

    session_id: UUID


@public("focus.completed", shows="FocusSession")
class FocusCompleted(Event, frozen=True):
    """A focus session is over and counts: what the statistics and the points need."""

    session_id: UUID
    subject_id: UUID | None
    day: date
    """The student's local date of its begin, fixed when it was written."""
    minutes: int
    earns: bool
    """Whether it gives points: it was timed, and its student ended it."""
    late: bool
    """Whether it was entered too late to count for a streak."""


@public("focus.cancelled", shows="FocusSession")
class FocusCancelled(Event, frozen=True):
    """A focus session is over and does not count."""

    session_id: UUID


@public("focus.deleted", shows="Gone")
class FocusDeleted(Event, frozen=True):
    """A focus session is gone; the fields say what it had counted."""

    session_id: UUID
    subject_id: UUID | None
    day: date
    minutes: int
    late: bool


@internal("focus.forgotten")
class FocusForgotten(Event, frozen=True):
    """A focus session was left running, and ended by itself."""

    session_id: UUID
    ended_at: datetime
    minutes: int


@public("preset.created", shows="Preset")
class PresetCreated(Event, frozen=True):
    """There is a new rhythm for focus sessions."""

    preset_id: UUID


@public("preset.updated", shows="Preset")
class PresetUpdated(Event, frozen=True):
    """A rhythm changed; sessions keep the one they were made with."""

    preset_id: UUID


@public("preset.deleted", shows="Gone")
class PresetDeleted(Event, frozen=True):
    """A rhythm is gone."""

    preset_id: UUID


@public("notification.created", shows="Notification")
class NotificationCreated(Event, frozen=True):
    """There is something to tell the student."""

    notification_id: UUID


@public("notifications.read", shows="ReadNotifications")
class NotificationsRead(Event, frozen=True):
    """Notifications were read, here or on another device."""


@public("notification.deleted", shows="Gone")
class NotificationDeleted(Event, frozen=True):
    """A notification is gone."""

    notification_id: UUID


@public("progress.updated", shows="DayProgress")
class ProgressUpdated(Event, frozen=True):
    """The numbers of a day changed."""

    day: date


@public("points.changed", shows="PointsChanged")
class PointsChanged(Event, frozen=True):
    """Points were given, or taken back."""

    object_id: UUID
