"""The content of mails, and protection against injected names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from studyteddy.events import SecurityNoticeAdded
from studyteddy.features.notifications.providers import mails
from studyteddy.platform.mail import Message

AT = datetime(2026, 3, 9, 14, 5, tzinfo=UTC)
LINK = "https://teddy.example.org/verify?token=a&b=<c>"
TO = "alice@example.org"


def notice(at: datetime = AT) -> SecurityNoticeAdded:
    title, advice = "Your <second> factor was added", "If this wasn't you, change your password now."
    return SecurityNoticeAdded(title, "", advice, at, "Firefox on Windows", "203.0.113.9")


EACH: dict[str, Callable[[str], Message]] = {
    "verify": lambda name: mails.verify_email(TO, name, LINK, message_id="m.1"),
    "reset": lambda name: mails.reset_password(TO, name, LINK, message_id="m.1"),
    "notice": lambda name: mails.security_notice(TO, name, notice(), message_id="m.1"),
    "deletion": lambda name: mails.deletion_scheduled(TO, name, AT, LINK, message_id="m.1"),
}
LINKED = ("verify", "reset", "deletion")


@pytest.mark.parametrize("kind", EACH)
def test_a_mail_greets_its_reader_in_text_and_html(kind: str) -> None:
    mail = EACH[kind]("Ada Lovelace-O'Brien")
    assert mail.to == TO
    assert mail.subject.startswith("Study Teddy: ")
    assert mail.text.startswith("Hello Ada Lovelace-O'Brien,\n")
    assert "Ada Lovelace-O&#x27;Brien" in mail.html
    assert "You received this mail" in mail.text or "If " in mail.text


@pytest.mark.parametrize("kind", LINKED)
def test_the_link_is_complete_in_text_and_escaped_in_html(kind: str) -> None:
    mail = EACH[kind]("Ada")
    assert f"\n{LINK}\n" in mail.text
    assert 'href="https://teddy.example.org/verify?token=a&amp;b=&lt;c&gt;"' in mail.html
    assert mail.html.count("<a ") == 1


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "http://evil.example",
        "evil.example",
        "Win www.evil.example now",
        "a@evil.example",
        "Ada\r\nBcc: x",
        "",
        " ",
        "1",
        "A" * 61,
        "Ada (call 555)",
        "&amp;",
    ],
)
@pytest.mark.parametrize("kind", EACH)
def test_an_implausible_name_is_left_out(kind: str, name: str) -> None:
    mail = EACH[kind](name)
    assert mail.text.startswith("Hello,\n")
    assert "evil" not in mail.text + mail.html
    assert "<script" not in mail.html


@pytest.mark.parametrize("name", ["Zoë", "李小龍", "Иван Петров", "Dr. Ada", "Jean-Luc", "María José"])
def test_names_of_every_script_are_included(name: str) -> None:
    assert EACH["verify"](name).text.startswith(f"Hello {name},\n")


def test_a_notice_is_escaped_and_its_time_is_utc() -> None:
    mail = EACH["notice"]("Ada")
    assert "Your &lt;second&gt; factor was added." in mail.html
    elsewhere = notice(AT.astimezone(timezone(timedelta(hours=9))))
    for text in (mail.text, mails.security_notice(TO, "Ada", elsewhere, message_id="m.1").text):
        assert "Time: 09 March 2026, 14:05 UTC\n" in text
        assert "Device: Firefox on Windows\n" in text
        assert "Address: 203.0.113.9\n" in text
