"""The mails we write: each says one thing, in plain text and in simple HTML, and why it was sent.

`message_id` is the caller's: the same for every attempt at the same mail.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

from studyteddy.platform.mail import Message

_NAME = re.compile(r"[^\W\d_](?:[\w' -]|\.(?=\s|$)){0,59}")
_BUTTON = "background:#7c3aed;color:#ffffff;padding:10px 18px;border-radius:8px;text-decoration:none"
_PAGE = "font-family:sans-serif;font-size:16px;line-height:1.5;color:#1f2937;max-width:560px;margin:24px auto"
_NOT_ME = "If this was not you, change your password now and sign out everywhere in your settings."


def verify_email(to: str, name: str, link: str, *, message_id: str) -> Message:
    """Asks whether this address is really theirs; `link` is good for 24 hours."""
    return _mail(
        to, "Is this your e-mail address?", name,
        ["Please confirm that this is your address, so that we can reach you and nobody else.",
         "The link works once, for 24 hours."],
        link=link, action="Confirm my address", message_id=message_id,
        why="You get this because this address was given for a Study Teddy account. If that was not you, ignore it.",
    )  # fmt: skip


def reset_password(to: str, name: str, link: str, *, message_id: str) -> Message:
    """Lets them set a new password; `link` is good for one hour."""
    return _mail(
        to, "Set a new password", name,
        ["Somebody, probably you, forgot the password of this account. Set a new one with this link.",
         "The link works once, for one hour. Until then your password stays what it is."],
        link=link, action="Set a new password", message_id=message_id,
        why="If you did not ask for this, ignore it: nothing has changed.",
    )  # fmt: skip


def security_notice(to: str, name: str, what: str, at: datetime, *, message_id: str) -> Message:
    """Says that something about the account's safety changed, such as "Your password was changed."."""
    return _mail(
        to, "A change to your account", name, [what, f"When: {_moment(at)}", _NOT_ME],
        message_id=message_id, why="You get this with every change to how your account is protected.",
    )  # fmt: skip


def password_changed(to: str, name: str, at: datetime, *, message_id: str, keys: bool = False) -> Message:
    """Says that the password was changed and every session has ended; with `keys` every API key too."""
    what = "Your password was changed. Everybody who was signed in, on any device, has been signed out."
    if keys:
        what += " Your API keys were revoked as well: make new ones for the programs that you still use."
    return security_notice(to, name, what, at, message_id=message_id)


def deletion_scheduled(to: str, name: str, at: datetime, link: str, *, message_id: str) -> Message:
    """Says when the account will be deleted; `link` leads to where it can be stopped."""
    return _mail(
        to, "Your account will be deleted", name,
        [f"As you asked, your account and everything in it will be deleted on {_moment(at)}.",
         "Until then you can change your mind. Afterwards nothing can be brought back."],
        link=link, action="Keep my account", message_id=message_id,
        why="If you did not ask for this, sign in, keep your account, and change your password.",
    )  # fmt: skip


def export_ready(to: str, name: str, link: str, until: datetime, *, message_id: str) -> Message:
    """Says that the copy of all their data can be fetched until `until`."""
    return _mail(
        to, "Your data is ready", name,
        ["The copy of everything you keep in Study Teddy is ready.", f"You can fetch it until {_moment(until)}."],
        link=link, action="Fetch my data", message_id=message_id,
        why="You get this because you asked for your data. " + _NOT_ME,
    )  # fmt: skip


def _mail(
    to: str, subject: str, name: str, said: list[str], *, why: str, message_id: str, link: str = "", action: str = ""
) -> Message:
    paragraphs = [_greeting(name), *said]
    return Message(
        to=to, subject=f"Study Teddy: {subject}", message_id=message_id,
        text=_text(paragraphs, link, why), html=_html(paragraphs, link, action, why),
    )  # fmt: skip


def _text(paragraphs: list[str], link: str, why: str) -> str:
    return "\n\n".join([*paragraphs, *([link] if link else []), f"-- \n{why}"]) + "\n"


def _html(paragraphs: list[str], link: str, action: str, why: str) -> str:
    said = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    button = f'<p><a href="{escape(link)}" style="{_BUTTON}">{escape(action)}</a></p>' if link else ""
    small = f'<p style="font-size:13px;color:#6b7280">{escape(why)}</p>'
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Study Teddy</title>'
    return f'{head}<body><div style="{_PAGE}">{said}{button}{small}</div></body></html>\n'


def _greeting(name: str) -> str:
    # Anybody can register a stranger's address under a "name" that advertises or links: only what reads like one is
    # repeated.
    return f"Hello {name}," if _NAME.fullmatch(name) else "Hello,"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %B %Y, %H:%M} UTC"
