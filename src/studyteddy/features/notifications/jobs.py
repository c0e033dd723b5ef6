"""What the student is told, and when."""

from __future__ import annotations

import structlog

from studyteddy.events import (
    DeletionScheduled,
    EmailVerificationAsked,
    ExportReady,
    FocusForgotten,
    PasswordChanged,
    PasswordResetAsked,
    SecondFactorChanged,
    TaskCompleted,
    UserRegistered,
)
from studyteddy.features.auth import service as auth
from studyteddy.features.auth.service import addresses
from studyteddy.features.notifications import service
from studyteddy.features.notifications.providers import mails
from studyteddy.platform.db import Database, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import Jobs
from studyteddy.platform.mail import Mailer, MailRefused, Message
from studyteddy.platform.moments import zone

jobs = Jobs("notifications")
log = structlog.get_logger("studyteddy.notifications")


@jobs.on(UserRegistered)
async def welcome(tx: Tx, event: UserRegistered) -> None:
    """Greets a new student."""
    await service.notify(
        tx, source="welcome", type="welcome", title=f"Welcome, {event.name}!",
        body="Add a subject and your first task, and Study Teddy keeps the rest.", data={},
    )  # fmt: skip


@jobs.on(UserRegistered)
async def send_first_verification(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: UserRegistered
) -> None:
    """Asks a new student whether the address is theirs."""
    await _send_verification(db, mailer, public_url, identity, job_id)


@jobs.on(EmailVerificationAsked)
async def send_verification(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: EmailVerificationAsked
) -> None:
    """Asks once more."""
    await _send_verification(db, mailer, public_url, identity, job_id)


@jobs.on(PasswordResetAsked)
async def send_reset(db: Database, mailer: Mailer, public_url: str, job_id: int, event: PasswordResetAsked) -> None:
    """Mails the way back in, if the address is the verified one of an account."""
    letter = await addresses.mint_reset(db, event.email)
    if letter is None:
        return
    link = f"{public_url}/#/reset-password?token={letter.token}"
    await _send(mailer, mails.reset_password(letter.user.email, letter.user.name, link, message_id=f"reset-{job_id}"))


@jobs.on(PasswordChanged)
async def mail_password_change(
    db: Database, mailer: Mailer, identity: Identity, job_id: int, event: PasswordChanged
) -> None:
    """Says by mail that the password was changed, to a verified address."""
    user = await auth.me(db.reading(identity), identity.user_id)
    if user.email_verified:
        name = f"password-{job_id}"
        mail = mails.password_changed(user.email, user.name, db.clock(), keys=event.by_mail, message_id=name)
        await _send(mailer, mail)


@jobs.on(DeletionScheduled)
async def mail_deletion(
    db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int, event: DeletionScheduled
) -> None:
    """Says by mail when the account goes, to a verified address and only if it still is to go."""
    user = await auth.me(db.reading(identity), identity.user_id)
    if user.email_verified and user.deletion_at is not None:
        link, name = f"{public_url}/#/settings", f"deletion-{job_id}"
        await _send(mailer, mails.deletion_scheduled(user.email, user.name, user.deletion_at, link, message_id=name))


@jobs.on(ExportReady)
async def tell_of_export(tx: Tx, event: ExportReady) -> None:
    """Says that the archive can be fetched."""
    await service.notify(
        tx, source=f"export:{event.export_id}", type="export_ready", title="Your data is ready",
        body="The archive of everything you keep here can be fetched for seven days.",
        data={"exportId": str(event.export_id)},
    )  # fmt: skip


@jobs.on(PasswordChanged)
async def warn_of_password_change(tx: Tx, job_id: int, event: PasswordChanged) -> None:
    """Says that the password was changed, in case it was somebody else."""
    ended = (
        "Every device was signed out, and every API key revoked."
        if event.by_mail
        else ("Every other device was signed out.")
    )
    await service.notify(
        tx, source=f"password.changed:{job_id}", type="security", title="Your password was changed",
        body=f"{ended} If this was not you, reset your password now.", data={},
    )  # fmt: skip


@jobs.on(SecondFactorChanged)
async def warn_of_second_factor(tx: Tx, job_id: int, event: SecondFactorChanged) -> None:
    """Says that the second factor was switched on or off, in case it was somebody else."""
    await service.notify(
        tx, source=f"second_factor.changed:{job_id}", type="security",
        title=f"Your second factor was switched {'on' if event.enabled else 'off'}",
        body="If this was not you, change your password now.", data={},
    )  # fmt: skip


@jobs.on(TaskCompleted)
async def congratulate(tx: Tx, event: TaskCompleted) -> None:
    """Says that a task is done, once for each completion."""
    timely = {True: "On time. ", False: "Late, but done. ", None: ""}[event.on_time]
    await service.notify(
        tx, source=f"task.completed:{event.task_id}:{event.completions}", type="task_completed",
        title=f"Done: {event.title}", body=f"{timely}Well studied!", data={"taskId": str(event.task_id)},
    )  # fmt: skip


@jobs.on(FocusForgotten)
async def tell_of_forgotten_focus(tx: Tx, event: FocusForgotten) -> None:
    """Says that a session was ended for the student, and what of it counts."""
    clock = await auth.clockwork(tx, tx.user_id)
    at = event.ended_at.astimezone(zone(clock.time_zone))
    await service.notify(
        tx, source=f"focus.forgotten:{event.session_id}", type="focus_forgotten",
        title=f"We ended your focus session at {at:%H:%M}",
        body=f"It was left running. {event.minutes} minutes of work count; you can delete it, or say how it went.",
        data={"focusSessionId": str(event.session_id)},
    )  # fmt: skip


async def _send_verification(db: Database, mailer: Mailer, public_url: str, identity: Identity, job_id: int) -> None:
    async with db.transaction(identity) as tx:
        letter = await addresses.mint_verification(tx)
    if letter is None:
        return
    link = f"{public_url}/#/verify-email?token={letter.token}"
    await _send(mailer, mails.verify_email(letter.user.email, letter.user.name, link, message_id=f"verify-{job_id}"))


async def _send(mailer: Mailer, message: Message) -> None:
    """Hands the mail over; one that will never be taken is given up, the rest is tried again."""
    try:
        await mailer.send(message)
    except MailRefused as fault:
        log.warning("mail.refused", message_id=message.message_id, reason=str(fault))
