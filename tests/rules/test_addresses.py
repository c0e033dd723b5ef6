"""Registration accepts exactly the e-mail addresses that mail can be sent to."""

from __future__ import annotations

import email
from email.policy import SMTPUTF8

import msgspec
import pytest
from aiosmtplib.email import quote_address
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.fields import Email
from studyteddy.platform.mail import Message, Outbox, Sender, deliverable, encoded, from_settings

TEDDY = Sender("Study Teddy", "mail@example.org")
ADDRESSES = (
    *("a@b", "you@example.org", "o'brien+tag@mail.example.org", "jürgen@example.org", "用户@例子.公司"),
    *("a" * 64 + "@x.y", "ü" * 32 + "@x.y", "一" * 16 + "@x.y", "a@" + "b" * 63 + ".org", "ab@" + "c.d" * 50),
    "हिन्दी@उदाहरण.भारत",
)
NO_ADDRESSES = (
    *("", "@", "a@", "@b", "a b@x.y", "a@x y", "a@b@c", ".a@x.y", "a.@x.y", "a..b@x.y", "a@.x", "a@x.", "a@x..y"),
    *("a@-x.y", "a@x-.y", "a@x_y.z", "a@[127.0.0.1]", '"a b"@x.y', "a(b)@x.y", "a,b@x.y", "a;b@x.y", "<a@x.y>"),
    *("a" * 65 + "@x.y", "ü" * 33 + "@x.y", "一" * 22 + "@x.y", "a@" + "b" * 64 + ".org", "a@" + "b.c" * 90),
    *("=?utf-8?q?x?=@x.y", "a=?b@x.y", "a@\u0e01\u0e01-.y", "a@xn--ü.y"),
    *("a@x.y\n", "a\r\n@x.y", "a\u2028@x.y", "a\u200b@x.y", "a\u202e@x.y", "\ud800@x.y", "a@x\u3164.y", "İ@x.y"),
)
LETTERS = st.sampled_from("aZ09!#$%&'*+/=?^_`{|}~-.@\"(),:;<>[\\] \t\r\nüÜßİıẞ一़े\u0301\u200b\u2028\ud800🧸\x7f\x85")


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_registration_accepts_can_be_sent_to(address: str) -> None:
    assert _accepted(address)
    _check_sendable(address)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_cannot_be_sent_to_is_refused_by_registration_and_mailer_alike(address: str) -> None:
    assert not _accepted(address)
    with pytest.raises(ValueError, match="single plain address"):
        _message(address)


@given(st.text(LETTERS, min_size=1, max_size=70), st.text(LETTERS, min_size=1, max_size=70) | st.just("x.y"))
def test_every_accepted_address_makes_a_mail(local: str, domain: str) -> None:
    if _accepted(address := f"{local}@{domain}"):
        _check_sendable(address)


ATOMS = r"[a-z0-9!#$%&'*+/=?^_`{|}~\u00e0-\u024f-]{1,40}(\.[a-z0-9]{1,9}){0,3}"
HOSTS = r"[a-zü0-9-]{1,30}(\.[a-z0-9]{2,9}){1,4}"


@given(st.from_regex(f"{ATOMS}@{HOSTS}", fullmatch=True))
def test_addresses_of_the_right_shape_make_a_mail(address: str) -> None:
    if _accepted(address):
        _check_sendable(address)


def test_an_address_outside_ascii_needs_a_server_that_supports_it() -> None:
    plain = from_settings("smtp://mail.example.org", origin=TEDDY)
    international = from_settings("smtp://mail.example.org?smtputf8=yes", origin=TEDDY)
    assert [plain.accepts(one) for one in ("a@x.y", "a@exämple.org", "ä@example.org")] == [True, True, False]
    assert international.accepts("ä@example.org")
    assert deliverable("a@exämple.org") == "a@xn--exmple-cua.org"


def test_no_letter_of_an_address_grows_in_lower_case() -> None:
    """Addresses are stored in lower case, and must still fit."""
    grown = [chr(code) for code in range(0x110000) if len(chr(code).lower()) > 1]
    grown += [one for code in range(0xE000) if len(_bytes(one := chr(code))) < len(_bytes(one.lower()))]
    assert {"İ", "Ⱥ", "Ⱦ"} <= set(grown)
    assert [letter for letter in grown if _accepted(f"{letter}@x.y") or _accepted(f"a@{letter}.y")] == []


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _accepted(address: str) -> bool:
    """Return whether registration accepts the address."""
    try:
        return msgspec.convert(address, Email) == address and Outbox().accepts(address)
    except msgspec.ValidationError:
        return False


def _check_sendable(address: str) -> None:
    """Check that a mail to the stored form of an address is sent to exactly this address, its domain in ASCII."""
    stored = address.lower()
    raw = encoded(_message(stored), TEDDY)
    stored = deliverable(stored)
    assert str(email.message_from_string(raw.decode(), policy=SMTPUTF8)["To"].addresses[0].addr_spec) == stored
    assert len(stored.encode()) <= 254
    assert len(stored.rpartition("@")[0].encode()) <= 64
    assert quote_address(stored) == f"<{stored}>"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def _message(to: str) -> Message:
    return Message(to=to, subject="Is this you?", text="Follow the link.\n", html="<p>Follow</p>", message_id="m.1")
