"""Mail templates, in plain text and simple HTML. Each mail has one subject and states why it was sent.

`message_id` is chosen by the caller and is the same for every attempt to send the same mail.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

from studyteddy.events import SecurityNoticeAdded
from studyteddy.platform.mail import Message

_NAME = re.compile(r"[^\W\d_](?:[\w' -]|\.(?=\s|$)){0,59}")
_BUTTON = "background:#7c3aed;color:#ffffff;padding:10px 18px;border-radius:8px;text-decoration:none"
_PAGE = "font-family:sans-serif;font-size:16px;line-height:1.5;color:#1f2937;max-width:560px;margin:24px auto"


def verify_email(to: str, name: str, link: str, *, message_id: str) -> Message:
    """Return the verification mail; `link` is valid for 24 hours."""
    return _mail(
        to,
        "Verify your e-mail address",
        name,
        [
            "Please verify your e-mail address with the link below.",
            "The link expires in 24 hours and can be used once.",
        ],
        link=link,
        action="Verify e-mail address",
        message_id=message_id,
        why="You received this mail because this address was used to create a Study Teddy account. "
        "If that wasn't you, ignore this mail.",
    )


def reset_password(to: str, name: str, link: str, *, message_id: str) -> Message:
    """Return the password reset mail; `link` is valid for one hour."""
    return _mail(
        to,
        "Reset your password",
        name,
        [
            "We received a request to reset the password of your account. Use the link below to set a new password.",
            "The link expires in one hour and can be used once.",
        ],
        link=link,
        action="Reset password",
        message_id=message_id,
        why="If you didn't request this, ignore this mail. Your password hasn't changed.",
    )


def security_notice(to: str, name: str, notice: SecurityNoticeAdded, *, message_id: str) -> Message:
    """Return the mail about a security event: what happened, when, on which device and from which address."""
    seen = [f"Time: {_format_time(notice.at)}", f"Device: {notice.device}", f"Address: {notice.address or 'unknown'}"]
    return _mail(
        to,
        "Security notice",
        name,
        [" ".join(filter(None, [f"{notice.title}.", notice.detail])), *seen, notice.advice],
        message_id=message_id,
        why="You received this mail because it concerns the security of your account.",
    )


def deletion_scheduled(to: str, name: str, at: datetime, link: str, *, message_id: str) -> Message:
    """Return the mail about a scheduled account deletion; `link` leads to the page where it can be cancelled."""
    return _mail(
        to,
        "Your account will be deleted",
        name,
        [
            f"As you requested, your account and all its data will be deleted on {_format_time(at)}.",
            "You can cancel the deletion until then. After that, your data can't be recovered.",
        ],
        link=link,
        action="Cancel deletion",
        message_id=message_id,
        why="If you didn't request this, sign in, cancel the deletion, and change your password.",
    )


def _mail(
    to: str, subject: str, name: str, body: list[str], *, why: str, message_id: str, link: str = "", action: str = ""
) -> Message:
    paragraphs = [_greeting(name), *body]
    return Message(
        to=to,
        subject=f"Study Teddy: {subject}",
        message_id=message_id,
        text=_text(paragraphs, link, why),
        html=_html(paragraphs, link, action, why),
    )


def _text(paragraphs: list[str], link: str, why: str) -> str:
    return "\n\n".join([*paragraphs, *([link] if link else []), f"-- \n{why}"]) + "\n"


def _html(paragraphs: list[str], link: str, action: str, why: str) -> str:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    button = f'<p><a href="{escape(link)}" style="{_BUTTON}">{escape(action)}</a></p>' if link else ""
    footer = f'<p style="font-size:13px;color:#6b7280">{escape(why)}</p>'
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Study Teddy</title>'
    return f'{head}<body><div style="{_PAGE}">{body}{button}{footer}</div></body></html>\n'


def _greeting(name: str) -> str:
    # Anyone can register a stranger's address with a "name" that contains advertising or a link, so only plausible
    # names are included.
    return f"Hello {name}," if _NAME.fullmatch(name) else "Hello,"


def _format_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %B %Y, %H:%M} UTC"
