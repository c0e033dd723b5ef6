"""Mail arrives as written, or the error says whether to retry, with every transport."""

from __future__ import annotations

import asyncio
import email
import io
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTPUTF8, default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.certificates import Certificates, certificates
from tests.providers.postfix import Postfix, postfix

from studyteddy.platform.mail import (
    Console,
    Mailer,
    MailLater,
    MailRefused,
    MailUnknown,
    Message,
    Outbox,
    Sender,
    Smtp,
    encoded,
    from_settings,
    sender,
)
from studyteddy.platform.telemetry import configure_logs

TEDDY = Sender("Study Teddy", "mail@example.org")


def message(to: str = "alice@example.org", **changed: str) -> Message:
    given = {"subject": "Is this you?", "text": "Follow the link.\n", "html": "<p>Follow</p>", "message_id": "m.1"}
    return Message(to=to, **(given | changed))


@dataclass
class Seen:
    """A mail as its recipient sees it."""

    to: str
    subject: str
    text: str


def seen(mail: EmailMessage) -> Seen:
    part = mail.get_body(("plain",))
    assert part is not None
    return Seen(str(mail["To"]), str(mail["Subject"]), part.get_content().replace("\r\n", "\n"))


@dataclass
class Carrier:
    """A transport and the mails that arrived."""

    mailer: Mailer
    arrived: Callable[[], list[Seen]]

    async def wait_for(self, count: int) -> list[Seen]:
        async with asyncio.timeout(10):
            while len(found := self.arrived()) < count:  # noqa: ASYNC110 - a mailbox has no events
                await asyncio.sleep(0.05)
        return found


@dataclass
class Inbox:
    """A third-party SMTP server with configurable responses; stores accepted mails."""

    at_recipient: list[str] = field(default_factory=list)
    after_data: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.at_recipient.pop(0) if self.at_recipient else "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        answer = self.after_data.pop(0) if self.after_data else "250 OK"
        if answer == "drop":
            cast(asyncio.Transport, server.transport).abort()
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss:word/", handled=False)

    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=default) for raw in self.taken]

    @asynccontextmanager
    async def open(self, tls: Certificates | None = None, **options: Any) -> AsyncIterator[int]:
        """Serve until the block ends; yield the port."""
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
        if context and tls:
            context.load_cert_chain(tls.certificate, tls.key)
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.example.org", loop=loop, **({"enable_SMTPUTF8": True} | options)),
            "127.0.0.1",
            0,
            ssl=context,
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


def smtp(port: int, **options: Any) -> Smtp:
    return Smtp("127.0.0.1", port, TEDDY, **({"start_tls": "never"} | options))


@pytest.fixture(scope="module")
def real() -> Iterator[Postfix]:
    with postfix() as running:
        yield running


@pytest.fixture(params=["outbox", "console", "smtp", "postfix"])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[Carrier]:
    if request.param == "outbox":
        outbox = Outbox()
        yield Carrier(outbox, lambda: [Seen(one.to, one.subject, one.text) for one in outbox.messages])
    elif request.param == "console":
        terminal = io.StringIO()
        yield Carrier(Console(terminal), lambda: shown(terminal.getvalue()))
    elif request.param == "smtp":
        inbox = Inbox()
        async with inbox.open() as port:
            yield Carrier(smtp(port), lambda: [seen(mail) for mail in inbox.mails()])
    else:
        server: Postfix = request.getfixturevalue("real")
        before = len(server.delivered())
        mailer = smtp(server.port, start_tls="always", ca=str(server.tls.authority))
        yield Carrier(mailer, lambda: [seen(mail) for mail in server.delivered()[before:]])


def shown(terminal: str) -> list[Seen]:
    mails = []
    for block in terminal.split("\nTo: ")[1:]:
        to, _, rest = block.partition("\nSubject: ")
        subject, _, text = rest.partition("\n\n")
        mails.append(Seen(to, subject, text.removesuffix("\n")))
    return mails


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Plain", "One line.\n"),
        ("Prüfung: ἀλήθεια 試験 🧸", "Größe, 試験, 🧸\n"),
        ("A long subject " * 12, "a very long line " * 200 + "\n"),
        ("Dots", ".\n..\n.leading\nend.\n.\n"),
        ('Signs = ? _ <b> "', "=41 From the start\nFrom the start\n"),
        ("Link", "https://teddy.example.org/verify?token=" + "x" * 300 + "\n"),
    ],
)
async def test_a_mail_arrives_as_it_was_written(carrier: Carrier, subject: str, text: str) -> None:
    subject = subject.strip()
    await carrier.mailer.send(message(subject=subject, text=text))
    (mail,) = await carrier.wait_for(1)
    assert mail == Seen("alice@example.org", subject, text)


async def test_each_message_arrives_once_at_its_recipient(carrier: Carrier) -> None:
    people = [f"student{n}+study@example.org" for n in range(5)]
    await asyncio.gather(*(carrier.mailer.send(message(to, message_id=f"m.{to[7]}")) for to in people))
    assert sorted(mail.to for mail in await carrier.wait_for(5)) == people


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_headers_cannot_be_injected(end: str) -> None:
    for name in ("to", "subject", "message_id", "list_unsubscribe"):
        with pytest.raises(ValueError, match=r"recipient|message|header"):
            message(**{"to": "alice@example.org", name: f"alice@example.org{end}Bcc: mallory@example.org"})


@pytest.mark.parametrize(
    "to",
    [
        "",
        "alice",
        "a@b@c",
        "alice@example.org, bob@example.org",
        "<alice@example.org>",
        "Alice <a@example.org>",
        "a b@example.org",
        "alice@",
        "@example.org",
        '"a"@example.org',
        "a" * 65 + "@example.org",
        "a@" + "b" * 254,
    ],
)
def test_a_mail_has_a_single_recipient(to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        message(to)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=40))
def test_every_accepted_message_is_one_mail_with_only_our_headers(subject: str, text: str, user: str) -> None:
    try:
        written = message(f"{user}@example.org", subject=subject, text=text)
    except ValueError:
        return
    mail = email.message_from_bytes(encoded(written, TEDDY), policy=SMTPUTF8)
    assert sorted(mail.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert all(len(line) <= 998 for line in encoded(written, TEDDY).split(b"\r\n"))


def test_a_mail_has_sender_auto_submitted_and_unsubscribe_headers() -> None:
    written = message(list_unsubscribe="https://teddy.example.org/stop?t=1")
    mail = email.message_from_bytes(encoded(written, TEDDY), policy=default)
    assert mail["From"] == "Study Teddy <mail@example.org>"
    assert mail["Message-ID"] == "<m.1@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://teddy.example.org/stop?t=1>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_logs_never_contain_the_text_of_a_mail() -> None:
    logs = io.StringIO()
    configure_logs("debug", logs)
    try:
        await Console().send(message(text="https://teddy.example.org/reset?token=canary", html="<p>canary</p>"))
        await Console(io.StringIO()).send(message(text="token=canary"))
    finally:
        configure_logs("error")
    assert logs.getvalue().count("m.1") == 2
    assert "canary" not in logs.getvalue()
    assert "alice" not in logs.getvalue()


async def test_the_outbox_fails_on_request() -> None:
    outbox = Outbox()
    outbox.fails = MailLater("away")
    with pytest.raises(MailLater):
        await outbox.send(message())
    outbox.fails = None
    await outbox.send(message())
    assert outbox.to("alice@example.org") == [message()]


# Responses of mail servers.


@pytest.mark.parametrize(
    ("to", "meaning"),
    [("full@example.org", MailLater), ("greylisted@example.org", MailLater), ("unknown@example.org", MailRefused)],
)
async def test_postfix_rejects_recipients(real: Postfix, to: str, meaning: type[Exception]) -> None:
    mailer = smtp(real.port, start_tls="always", ca=str(real.tls.authority))
    with pytest.raises(meaning):
        await mailer.send(message(to))


async def test_postfix_rejects_an_oversized_mail(real: Postfix) -> None:
    mailer = smtp(real.port, start_tls="always", ca=str(real.tls.authority))
    with pytest.raises(MailRefused, match="552"):
        await mailer.send(message(text="long line\n" * 20_000))


async def test_a_server_with_an_untrusted_certificate_receives_nothing(real: Postfix) -> None:
    before = len(real.delivered())
    with pytest.raises(MailLater):
        await smtp(real.port, start_tls="always").send(message())
    with pytest.raises(MailLater):
        await smtp(real.port, start_tls="offered").send(message())
    assert len(real.delivered()) == before


async def test_a_server_without_tls_receives_nothing_if_tls_is_required() -> None:
    inbox = Inbox()
    async with inbox.open() as port:
        with pytest.raises(MailLater):
            await smtp(port, start_tls="always").send(message())
        await smtp(port, start_tls="offered").send(message())
    assert len(inbox.taken) == 1


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("451 4.7.1 greylisted", MailLater),
        ("452 4.2.2 full", MailLater),
        ("421 4.3.2 closing", MailLater),
        ("550 5.1.1 unknown", MailRefused),
        ("530 5.7.0 sign in", MailLater),
    ],
)
async def test_a_deferred_mail_keeps_its_id_when_retried(answer: str, meaning: type[Exception]) -> None:
    inbox = Inbox(at_recipient=[answer])
    async with inbox.open() as port:
        with pytest.raises(meaning, match=answer[:3]):
            await smtp(port).send(message())
        await smtp(port).send(message())
    assert [mail["Message-ID"] for mail in inbox.mails()] == ["<m.1@example.org>"]


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("421 4.3.2 closing", MailLater),
        ("452 4.3.1 full", MailLater),
        ("554 5.6.0 no", MailRefused),
        ("drop", MailUnknown),
    ],
)
async def test_responses_to_the_message_data(answer: str, meaning: type[Exception]) -> None:
    inbox = Inbox(after_data=[answer])
    async with inbox.open() as port:
        with pytest.raises(meaning) as caught:
            await smtp(port).send(message())
        assert (type(caught.value) is MailUnknown) is (answer == "drop")
        await smtp(port).send(message())
    assert {mail["Message-ID"] for mail in inbox.mails()} == {"<m.1@example.org>"}


async def test_a_connection_lost_during_the_message_can_be_retried() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.read(10)
                break
            writer.write(b"250 OK\r\n")
        writer.transport.abort()

    async with listening(cut) as port:
        with pytest.raises(MailUnknown):
            await smtp(port).send(message())


async def test_a_missing_response_to_quit_does_not_fail_the_delivery() -> None:
    taken: list[bytes] = []

    async def no_farewell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
            if not line.upper().startswith(b"QUIT"):
                writer.write(b"250 OK\r\n")
        writer.close()

    async with listening(no_farewell) as port:
        await smtp(port).send(message())
    assert len(taken) == 1


@pytest.mark.parametrize("greets", [False, True])
async def test_an_unresponsive_server_costs_only_the_timeout(greets: bool) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greets:
            writer.write(b"220 mail.example.org\r\n")
        while await reader.read(1000):
            pass
        writer.close()

    async with listening(silent) as port:
        began = time.monotonic()
        with pytest.raises(MailLater):
            await smtp(port, connect=0.2, total=0.4).send(message())
        assert time.monotonic() - began < 1.5


async def test_a_refused_connection_is_temporary() -> None:
    async with listening(lambda reader, writer: None) as port:
        pass
    with pytest.raises(MailLater):
        await smtp(port).send(message())


@asynccontextmanager
async def listening(serve: Callable[..., Any]) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server itself doesn't use TLS
async def test_the_mail_url_contains_all_options(tmp_path: Path) -> None:
    tls, inbox = certificates(tmp_path), Inbox()
    options = {"authenticator": inbox.authenticate, "auth_required": True, "auth_require_tls": False}
    async with inbox.open(tls, **options) as port:
        url = f"smtps://teddy:{{}}@127.0.0.1:{port}?ca={tls.authority}"
        await from_settings(url.format("p%40ss%3Aword%2F"), origin=TEDDY).send(message())
        with pytest.raises(MailLater, match="535"):
            await from_settings(url.format("wrong"), origin=TEDDY).send(message())
    assert inbox.logins[0] == (b"teddy", b"p@ss:word/")
    assert len(inbox.taken) == 1


async def test_an_international_address_requires_server_support() -> None:
    inbox = Inbox()
    async with inbox.open() as port:
        await smtp(port).send(message("jürgen@example.org"))
    async with Inbox().open(enable_SMTPUTF8=False) as port:
        with pytest.raises(MailRefused, match="international"):
            await smtp(port).send(message("jürgen@example.org"))
    assert "\r\nTo: jürgen@example.org\r\n".encode() in inbox.taken[0]


@pytest.mark.parametrize("url", ["", "smtp:", "http://mail.example.org", "smtp://mail.example.org?starttls=maybe"])
def test_an_invalid_url_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match=r"mail URL|starttls"):
        from_settings(url, origin=TEDDY)


async def test_the_console_shows_mail_in_development_only(capsys: pytest.CaptureFixture[str]) -> None:
    await from_settings("console:", origin=TEDDY).send(message())
    assert "Follow the link" not in capsys.readouterr().err
    await from_settings("console:", origin=TEDDY, development=True).send(message())
    assert "Follow the link" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "Study Teddy", "Teddy <a@b@c>", "Teddy <mail@bücher.example>"])
def test_an_invalid_sender_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="sender"):
        sender(text)


def test_a_sender_has_a_name_and_an_address() -> None:
    assert sender("Study Teddy <mail@example.org>") == TEDDY
    assert TEDDY.domain == "example.org"
