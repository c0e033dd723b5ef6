"""The event catalog, which is also the protocol of the WebSocket connection.

A public event is sent to the user's clients as `{"seq", "type", "at", "data"}`; `shows` names the schema of `data`,
which is the object as returned by GET. The fields below are for the jobs that react to the event.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy.events.calendar import CalendarAccountConnected as CalendarAccountConnected
from studyteddy.events.calendar import CalendarAccountDeleted as CalendarAccountDeleted
from studyteddy.events.calendar import CalendarAccountDue as CalendarAccountDue
from studyteddy.events.calendar import CalendarAccountStopped as CalendarAccountStopped
from studyteddy.events.calendar import CalendarAccountUpdated as CalendarAccountUpdated
from studyteddy.events.calendar import CalendarConflictFound as CalendarConflictFound
from studyteddy.events.calendar import CalendarPublished as CalendarPublished
from studyteddy.events.calendar import FeedDeleted as FeedDeleted
from studyteddy.events.calendar import FeedDue as FeedDue
from studyteddy.events.calendar import FeedUpdated as FeedUpdated
from studyteddy.platform.event import Event, SecurityEvent, internal, public


@internal("user.registered")
class UserRegistered(Event, frozen=True):
    """An account was created."""

    user_id: UUID
    name: str


@public("user.updated", shows="User")
class UserUpdated(Event, frozen=True):
    """The profile was updated."""

    user_id: UUID


@public("preferences.updated", shows="Preferences")
class PreferencesUpdated(Event, frozen=True):
    """The preferences were updated on one of the user's devices."""

    user_id: UUID


@internal("email.verification_asked")
class EmailVerificationAsked(Event, frozen=True):
    """The user requested another verification email."""

    user_id: UUID


@internal("password.reset_asked")
class PasswordResetAsked(Event, frozen=True):
    """Someone requested a password reset for this email address."""

    email: str


@internal("export.asked")
class ExportAsked(Event, frozen=True):
    """The user requested a data export."""

    export_id: UUID


@public("export.updated", shows="Export")
class ExportUpdated(Event, frozen=True):
    """A data export made progress or is ready."""

    export_id: UUID


@public("export.deleted", shows="Deleted")
class ExportDeleted(Event, frozen=True):
    """A data export was cancelled or deleted, or its seven days expired."""

    export_id: UUID


@internal("export.ready")
class ExportReady(Event, frozen=True):
    """A data export can be downloaded."""

    export_id: UUID


@internal("deletion.scheduled")
class DeletionScheduled(Event, frozen=True):
    """The account was scheduled for deletion."""

    user_id: UUID


@internal("second_factor.changed")
class SecondFactorChanged(SecurityEvent, frozen=True):
    """Two-factor authentication was enabled or disabled."""

    user_id: UUID
    enabled: bool


@internal("ai_key.changed")
class AiKeyChanged(SecurityEvent, frozen=True):
    """The user's own key for language models was kept or deleted."""

    user_id: UUID
    kept: bool


@internal("password.changed")
class PasswordChanged(SecurityEvent, frozen=True):
    """The password was changed."""

    user_id: UUID
    by_mail: bool = False
    """Whether it was set through an emailed link, which ends all sessions."""
    keys_revoked: bool = False
    """Whether API keys were revoked with it."""


@internal("second_factor.refused")
class SecondFactorRefused(SecurityEvent, frozen=True):
    """Someone signed in with the correct password or a linked identity, and entered a wrong two-factor code."""

    user_id: UUID


@internal("session.reused")
class RefreshTokenReused(SecurityEvent, frozen=True):
    """A refresh token that had already been exchanged was used again, which ended its session."""

    user_id: UUID
    session_id: UUID


@internal("session.started_on_new_device")
class NewDeviceSignedIn(SecurityEvent, frozen=True):
    """A device that had not signed in to the account before signed in."""

    user_id: UUID
    session_id: UUID


@internal("identity.changed")
class IdentityChanged(SecurityEvent, frozen=True):
    """A Google account was linked to the account, which lets it sign in, or was unlinked."""

    user_id: UUID
    email: str
    linked: bool
    keys_revoked: bool = False
    """Whether API keys were revoked with it."""


@internal("notification.security")
class SecurityNoticeAdded(Event, frozen=True):
    """The student was notified of a security event, which is mailed too."""

    title: str
    detail: str
    advice: str
    at: datetime
    device: str
    address: str


@internal("api_key.created")
class ApiKeyCreated(SecurityEvent, frozen=True):
    """An API key was created."""

    user_id: UUID
    key_id: UUID


@public("subject.created", shows="Subject")
class SubjectCreated(Event, frozen=True):
    """A subject was created."""

    subject_id: UUID


@public("subject.updated", shows="Subject")
class SubjectUpdated(Event, frozen=True):
    """A subject was updated; its tasks now show its new name."""

    subject_id: UUID


@public("subject.deleted", shows="Deleted")
class SubjectDeleted(Event, frozen=True):
    """A subject was deleted; its tasks remain, without a subject."""

    subject_id: UUID


@public("task.created", shows="Task")
class TaskCreated(Event, frozen=True):
    """A task was created."""

    task_id: UUID


@public("task.updated", shows="Task")
class TaskUpdated(Event, frozen=True):
    """A task, or the progress of its subtasks, was updated."""

    task_id: UUID


@public("task.completed", shows="Task")
class TaskCompleted(Event, frozen=True):
    """A task was completed; the fields are what points, statistics and notifications need."""

    task_id: UUID
    title: str
    subject_id: UUID | None
    completed_at: datetime
    completed_on: date
    """The student's local date, determined at completion."""
    on_time: bool | None
    """None if the task had no due date."""
    completions: int
    """How many times this task has been completed so far."""


@public("task.reopened", shows="Task")
class TaskReopened(Event, frozen=True):
    """A completed task was reopened; the fields describe the completion that this undoes."""

    task_id: UUID
    subject_id: UUID | None
    completed_on: date
    on_time: bool | None
    completions: int


@public("task.deleted", shows="Deleted")
class TaskDeleted(Event, frozen=True):
    """A task was deleted with its subtasks and attachments."""

    task_id: UUID


@public("subtask.created", shows="Subtask")
class SubtaskCreated(Event, frozen=True):
    """A subtask was added to a task."""

    subtask_id: UUID
    task_id: UUID


@public("subtask.updated", shows="Subtask")
class SubtaskUpdated(Event, frozen=True):
    """A subtask was updated."""

    subtask_id: UUID
    task_id: UUID


@public("subtask.deleted", shows="Deleted")
class SubtaskDeleted(Event, frozen=True):
    """A subtask was deleted."""

    subtask_id: UUID
    task_id: UUID


@public("subtasks.reordered", shows="SubtaskList")
class SubtasksReordered(Event, frozen=True):
    """The subtasks of a task were reordered."""

    task_id: UUID


@public("attachment.created", shows="Attachment")
class AttachmentCreated(Event, frozen=True):
    """An attachment was declared for a task; its upload is pending."""

    attachment_id: UUID
    task_id: UUID


@public("attachment.updated", shows="Attachment")
class AttachmentUpdated(Event, frozen=True):
    """An attachment was uploaded and verified, or renamed."""

    attachment_id: UUID
    task_id: UUID


@public("attachment.deleted", shows="Deleted")
class AttachmentDeleted(Event, frozen=True):
    """An attachment was deleted, or its upload expired."""

    attachment_id: UUID
    task_id: UUID


@public("focus.scheduled", shows="FocusSession")
class FocusScheduled(Event, frozen=True):
    """A focus session was scheduled."""

    session_id: UUID


@public("focus.started", shows="FocusSession")
class FocusStarted(Event, frozen=True):
    """A focus session was started."""

    session_id: UUID


@public("focus.updated", shows="FocusSession")
class FocusUpdated(Event, frozen=True):
    """A focus session was paused, resumed, extended, interrupted, moved, resized or edited."""

    session_id: UUID


@public("focus.completed", shows="FocusSession")
class FocusCompleted(Event, frozen=True):
    """A focus session was completed; the fields are what statistics and points need."""

    session_id: UUID
    subject_id: UUID | None
    day: date
    """The student's local date of its start, determined when it was recorded."""
    minutes: int
    earns: bool
    """Whether it earns points: it was timed, and the student ended it."""
    late: bool
    """Whether it was added too late to count towards a streak."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    """Both are missing in events of earlier versions."""


@public("focus.cancelled", shows="FocusSession")
class FocusCancelled(Event, frozen=True):
    """A focus session was cancelled and does not count."""

    session_id: UUID


@public("focus.deleted", shows="Deleted")
class FocusDeleted(Event, frozen=True):
    """A focus session was deleted; the fields describe what it had counted for."""

    session_id: UUID
    subject_id: UUID | None
    day: date
    minutes: int
    late: bool


@internal("focus.forgotten")
class FocusForgotten(Event, frozen=True):
    """A focus session was left running and ended automatically."""

    session_id: UUID
    ended_at: datetime
    minutes: int


@internal("focus.reopened")
class FocusReopened(Event, frozen=True):
    """A command from before its end reached a forgotten session; the fields describe what it had counted for."""

    session_id: UUID
    subject_id: UUID | None
    day: date
    minutes: int


@public("preset.created", shows="Preset")
class PresetCreated(Event, frozen=True):
    """A focus preset was created."""

    preset_id: UUID


@public("preset.updated", shows="Preset")
class PresetUpdated(Event, frozen=True):
    """A focus preset was updated; existing sessions keep their durations."""

    preset_id: UUID


@public("preset.deleted", shows="Deleted")
class PresetDeleted(Event, frozen=True):
    """A focus preset was deleted."""

    preset_id: UUID


@public("notification.created", shows="Notification")
class NotificationCreated(Event, frozen=True):
    """A notification was created."""

    notification_id: UUID


@public("notifications.read", shows="ReadNotifications")
class NotificationsRead(Event, frozen=True):
    """Notifications were read on one of the user's devices."""


@public("notification.deleted", shows="Deleted")
class NotificationDeleted(Event, frozen=True):
    """A notification was deleted."""

    notification_id: UUID


@public("progress.updated", shows="DayProgress")
class ProgressUpdated(Event, frozen=True):
    """The statistics of a day were updated."""

    day: date


@public("points.changed", shows="PointsChanged")
class PointsChanged(Event, frozen=True):
    """Points were awarded or revoked."""

    object_id: UUID
