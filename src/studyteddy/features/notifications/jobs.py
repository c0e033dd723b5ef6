"""Jobs that notify the student in the app and by mail."""

from __future__ import annotations

import structlog

from studyteddy.events import (
    AiKeyChanged,
    ApiKeyCreated,
    CalendarAccountConnected,
    CalendarAccountStopped,
    CalendarConflictFound,
    CalendarPublished,
    DeletionScheduled,
    EmailVerificationAsked,
    ExportReady,
    FocusForgotten,
    FocusReopened,
    IdentityChanged,
    NewDeviceSignedIn,
    PasswordChanged,
    PasswordResetAsked,
    RefreshTokenReused,
    SecondFactorChanged,
    SecondFactorRefused,
    SecurityNoticeAdded,
    TaskCompleted,
    UserRegistered,
)
from studyteddy.features.auth.service import accounts, email_verification, password_reset, profile
from studyteddy.features.focus.service import sessions as focus_sessions
from studyteddy.features.notifications import service
from studyteddy.features.notifications.providers import mails
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.local_time.dates import zone
from studyteddy.platform.mail import Mailer, MailRefused, Message

jobs = Jobs("notifications")
log = structlog.get_logger("studyteddy.notifications")


@jobs.on(UserRegistered)
async def welcome(tx: Tx, event: UserRegistered) -> None:
    """Welcome a new student."""
    await service.notify(
        tx,
        source="welcome",
        type="welcome",
        title=f"Welcome, {event.name}!",
        body="Add a subject and your first task to get started.",
        data={},
    )


@jobs.on(UserRegistered)
async def send_first_verification(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: UserRegistered
) -> None:
    """Send the verification mail to a new student."""
    await _send_verification(db, mailer, public_url, identity, job_id)


@jobs.on(EmailVerificationAsked)
async def send_verification(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: EmailVerificationAsked
) -> None:
    """Send another verification mail."""
    await _send_verification(db, mailer, public_url, identity, job_id)


@jobs.on(PasswordResetAsked)
async def send_reset(db: Database, mailer: Mailer, public_url: str, job_id: int, event: PasswordResetAsked) -> None:
    """Mail a reset link if the address is the verified address of an account."""
    issued = await password_reset.mint(db, event.email)
    if issued is None:
        return
    link = f"{public_url}/#/reset-password?token={issued.token}"
    await _send(mailer, mails.reset_password(issued.user.email, issued.user.name, link, message_id=f"reset-{job_id}"))


@jobs.on(DeletionScheduled)
async def mail_deletion(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: DeletionScheduled
) -> None:
    """Mail the date of deletion to a verified address, if the deletion is still scheduled."""
    user = await accounts.get(db.reading(identity), identity.user_id)
    if user.email_verified and user.deletion_at is not None:
        link, name = f"{public_url}/#/settings", f"deletion-{job_id}"
        await _send(mailer, mails.deletion_scheduled(user.email, user.name, user.deletion_at, link, message_id=name))


@jobs.on(ExportReady)
async def tell_of_export(tx: Tx, event: ExportReady) -> None:
    """Notify that the data export is ready."""
    await service.notify(
        tx,
        source=f"export:{event.export_id}",
        type="export_ready",
        title="Your data export is ready",
        body="You can download it for seven days.",
        data={"exportId": str(event.export_id)},
    )


@jobs.on(PasswordChanged)
async def warn_of_password_change(tx: Tx, job_id: int, event: PasswordChanged) -> None:
    """Warn that the password was changed."""
    ended = _ended("All" if event.by_mail else "All other", event.keys_revoked)
    await service.warn(tx, event, "Your password was changed", ended, source=str(job_id), then="reset your password")


@jobs.on(SecondFactorChanged)
async def warn_of_second_factor(tx: Tx, job_id: int, event: SecondFactorChanged) -> None:
    """Warn that two-factor authentication was turned on or off."""
    what = f"Two-factor authentication was turned {'on' if event.enabled else 'off'}"
    await service.warn(tx, event, what, source=str(job_id))


@jobs.on(AiKeyChanged)
async def warn_of_ai_key(tx: Tx, job_id: int, event: AiKeyChanged) -> None:
    """Warn that an own AI key was kept or deleted: it decides who pays for calls, and who may read them."""
    what = f"Your own AI key was {'saved' if event.kept else 'deleted'}"
    await service.warn(tx, event, what, source=str(job_id))


@jobs.on(IdentityChanged)
async def warn_of_identity(tx: Tx, job_id: int, event: IdentityChanged) -> None:
    """Warn that a Google account was linked or unlinked."""
    if event.linked:
        what, effect = "A Google account was linked to your account", f"{event.email} can now sign in to it."
    else:
        what, effect = "A Google account was unlinked from your account", _ended("All other", event.keys_revoked)
    await service.warn(tx, event, what, effect, source=str(job_id))


@jobs.on(CalendarPublished)
async def warn_of_published_calendar(tx: Tx, job_id: int, event: CalendarPublished) -> None:
    """Warn that the calendar was published."""
    effect = "Whoever has its address can read it without signing in, until you stop publishing it."
    await service.warn(tx, event, "Your calendar was published", effect, source=str(job_id))


@jobs.on(CalendarAccountConnected)
async def warn_of_calendar_account(tx: Tx, job_id: int, event: CalendarAccountConnected) -> None:
    """Warn that a calendar account was connected: focus sessions may be written into it."""
    effect = f"Your focus sessions can be written into a calendar of {event.address}, and be moved there."
    await service.warn(tx, event, "A calendar account was connected", effect, source=f"connected-{job_id}")


@jobs.on(CalendarAccountStopped)
async def tell_of_stopped_calendar(tx: Tx, job_id: int, event: CalendarAccountStopped) -> None:
    """Notify that a calendar account isn't synchronized any more."""
    if event.reconnect:
        title = f"Connect your calendar {event.address} again"
        body = "It isn't synchronized any more, because its sign-in was rejected."
    else:
        title = f"Your calendar {event.address} can't be synchronized"
        body = "It has failed for a day. Settings, Calendars, says why."
    await service.notify(
        tx,
        source=f"calendar-stopped:{job_id}",
        type="calendar_stopped",
        title=title,
        body=body,
        data={"accountId": str(event.account_id)},
    )


@jobs.on(CalendarConflictFound)
async def tell_of_calendar_conflict(tx: Tx, event: CalendarConflictFound) -> None:
    """Notify that a focus session was changed here and in a calendar."""
    if event.reversed:
        return
    await service.notify(
        tx,
        source=f"calendar-conflict:{event.conflict_id}",
        type="calendar_conflict",
        title="A focus session was changed here and in your calendar",
        body="See under Settings, Calendars, which change was kept, and choose the other one if you like.",
        data={"conflictId": str(event.conflict_id)},
    )


@jobs.on(ApiKeyCreated)
async def warn_of_api_key(tx: Tx, event: ApiKeyCreated) -> None:
    """Warn that an API key was created."""
    effect = "Whoever has it can use your account without signing in, until you revoke it."
    await service.warn(tx, event, "An API key was created", effect, source=str(event.key_id))


@jobs.on(NewDeviceSignedIn)
async def warn_of_new_device(tx: Tx, event: NewDeviceSignedIn) -> None:
    """Warn that a new device signed in; at most once an hour for each kind of device and address."""
    what, advice = "A new device signed in to your account", "change your password, which signs it out,"
    source = f"{service.hour_of(tx, event)}:{service.device_name(event.client)}:{event.address}"
    await service.warn(tx, event, what, source=source, then=advice)


@jobs.on(SecondFactorRefused)
async def warn_of_refused_code(tx: Tx, event: SecondFactorRefused) -> None:
    """Warn that someone knows the password or has the Google account, at most once an hour."""
    what = "Someone tried to sign in to your account with a wrong code"
    why = "They knew your password, or used a Google account that is linked to yours."
    await service.warn(tx, event, what, why, source=service.hour_of(tx, event))


@jobs.on(RefreshTokenReused)
async def warn_of_reused_token(tx: Tx, event: RefreshTokenReused) -> None:
    """Warn that a session was ended because its refresh token may be stolen, at most once an hour."""
    what, why = "A device was signed out for your security", "Its session was used twice, so it may have been copied."
    await service.warn(tx, event, what, why, source=service.hour_of(tx, event))


@jobs.on(SecurityNoticeAdded)
async def mail_security_notice(
    db: Database, mailer: Mailer, identity: Identity, job_id: int, event: SecurityNoticeAdded
) -> None:
    """Mail a security notice to a verified address."""
    user = await accounts.get(db.reading(identity), identity.user_id)
    if user.email_verified:
        await _send(mailer, mails.security_notice(user.email, user.name, event, message_id=f"security-{job_id}"))


@jobs.on(TaskCompleted)
async def congratulate(tx: Tx, event: TaskCompleted) -> None:
    """Notify that a task is completed, once for each completion."""
    punctuality = {True: "On time. ", False: "Late, but done. ", None: ""}[event.on_time]
    await service.notify(
        tx,
        source=f"task.completed:{event.task_id}:{event.completions}",
        type="task_completed",
        title=f"Done: {event.title}",
        body=f"{punctuality}Well done!",
        data={"taskId": str(event.task_id)},
    )


@jobs.on(FocusForgotten)
async def tell_of_forgotten_focus(tx: Tx, event: FocusForgotten) -> None:
    """Notify that a forgotten focus session was ended, and how many minutes were counted."""
    if not await focus_sessions.is_forgotten(tx, tx.user_id, event.session_id):
        return  # a command that was sent late has changed it
    boundary = await profile.day_boundary(tx, tx.user_id)
    at = event.ended_at.astimezone(zone(boundary.time_zone))
    await service.notify(
        tx,
        source=_forgotten(event),
        type="focus_forgotten",
        title=f"We ended your focus session at {at:%H:%M}",
        body=f"It was left running. {event.minutes} minutes of work were counted. You can rate or delete the session.",
        data={"focusSessionId": str(event.session_id)},
    )


@jobs.on(FocusReopened)
async def withdraw_forgotten_focus(tx: Tx, event: FocusReopened) -> None:
    """Delete the notification about a session that was not forgotten after all."""
    await service.withdraw(tx, source=_forgotten(event))


def _forgotten(event: FocusForgotten | FocusReopened) -> str:
    return f"focus.forgotten:{event.session_id}"


def _ended(devices: str, keys_revoked: bool) -> str:
    """Return what ended together with a credential."""
    if not keys_revoked:
        return f"{devices} devices were signed out."
    return f"{devices} devices were signed out, and all API keys were revoked. Create new ones for your programs."


async def _send_verification(db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int) -> None:
    async with db.transaction(identity) as tx:
        issued = await email_verification.mint(tx)
    if issued is None:
        return
    link = f"{public_url}/#/verify-email?token={issued.token}"
    await _send(mailer, mails.verify_email(issued.user.email, issued.user.name, link, message_id=f"verify-{job_id}"))


async def _send(mailer: Mailer, message: Message) -> None:
    """Send the mail. A permanently rejected mail is logged and dropped; other errors are retried by the job."""
    try:
        await mailer.send(message)
    except MailRefused as fault:
        log.warning("mail.refused", message_id=message.message_id, reason=str(fault))
