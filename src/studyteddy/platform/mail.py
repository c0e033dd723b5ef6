"""Mail: one message to one person, through whoever carries it.

A mailer either has delivered the message to its carrier when `send` returns, or raises: `MailLater` when trying
again may help, `MailRefused` when it will not. A message keeps its id when it is sent again, so that a mailbox
that got it twice, because the connection was lost before the carrier's answer, can tell.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Literal, Protocol, TextIO
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec
import structlog

log = structlog.get_logger("studyteddy.mail")

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0

_ENDS_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}")
_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")
_OUR_FAULT = (530, 534, 535, 538)
"""Answers about our sign-in and not about the message: they pass when the settings are right."""


class MailLater(Exception):
    """Not now: the carrier is away, busy or puts us off. Try again."""


class MailUnknown(MailLater):
    """The connection was lost while the message was handed over: it may have arrived. Try again under the same id."""


class MailRefused(Exception):
    """Never: this message will not be taken for this person."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person; raises `ValueError` where a header could end early, or when `to` is not one address."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    """What makes it one message however often it is sent; letters, digits, `.`, `_` and `-`, without the domain."""
    list_unsubscribe: str = ""
    """Address (`https://…`) that ends mails of this kind with one POST (RFC 8058)."""

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.to) or len(self.to) > 254 or _ENDS_A_LINE.search(self.to):
            raise ValueError("a mail goes to one plain address")
        if not _ID.fullmatch(self.message_id):
            raise ValueError("a message's id has letters, digits, dots, dashes and underscores only")
        if _ENDS_A_LINE.search(self.subject + self.list_unsubscribe) or set("<> ") & set(self.list_unsubscribe):
            raise ValueError("a header is one line of text")
        if _NOT_TEXT.search(self.text + self.html):
            raise ValueError("a mail holds text")


class Mailer(Protocol):
    """Carries mail; raises `MailLater` or `MailRefused`."""

    async def send(self, message: Message) -> None: ...


class Sender(msgspec.Struct, frozen=True):
    """Whose name and address our mail bears."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender(text: str) -> Sender:
    """`Study Teddy <mail@example.org>` as a sender; raises `ValueError`."""
    name, address = parseaddr(text)
    if not _ADDRESS.fullmatch(address) or not address.isascii() or _ENDS_A_LINE.search(name):
        raise ValueError(f"a sender is `Name <address>`, not {text!r}")
    return Sender(name, address)


StartTls = Literal["always", "offered", "never"]


class Smtp:
    """A mail server. `secure` speaks TLS from the first byte; else `start_tls` says when to begin it.

    One connection a message: nothing to keep alive, nothing to find broken. `connect` (for the connection, and
    again for the greeting) and `total` are seconds.
    """

    def __init__(
        self, host: str, port: int, origin: Sender, *, user: str = "", password: str = "", secure: bool = False,
        start_tls: StartTls = "always", ca: str = "", connect: float = CONNECT_SECONDS, total: float = TOTAL_SECONDS,
    ) -> None:  # fmt: skip
        self._host, self._port, self._origin = host, port, origin
        self._user, self._password = user or None, password or None
        self._secure = secure
        self._start_tls = None if secure else {"always": True, "offered": None, "never": False}[start_tls]
        self._trust = ssl.create_default_context(cafile=ca or None)
        self._connect, self._total = connect, total

    async def send(self, message: Message) -> None:
        raw = encoded(message, self._origin)
        until = asyncio.get_running_loop().time() + self._total
        client = self._client()
        try:
            # Before the message is named, no answer says anything about it.
            async with _stage(until, refused=MailLater):
                await client.connect(timeout=self._connect)
            async with _stage(until):
                await self._address(client, message.to)
            async with _stage(until, lost=MailUnknown):
                await client.data(raw)
        finally:
            await _leave(client)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host, port=self._port, username=self._user, password=self._password,
            local_hostname=self._origin.domain, timeout=self._total, use_tls=self._secure,
            start_tls=self._start_tls, tls_context=self._trust,
        )  # fmt: skip

    async def _address(self, client: aiosmtplib.SMTP, to: str) -> None:
        international = not to.isascii()
        if international:
            await client.ehlo()
            if not client.supports_extension("smtputf8"):
                raise MailRefused("the mail server does not take international addresses")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        encoding = "utf-8" if international else "ascii"
        await client.mail(self._origin.address, options=options, encoding=encoding)
        await client.rcpt(to, encoding=encoding)


@asynccontextmanager
async def _stage(
    until: float, *, lost: type[MailLater] = MailLater, refused: type[MailLater] | type[MailRefused] = MailRefused
) -> AsyncIterator[None]:
    """One part of a delivery, with what its failures mean."""
    try:
        async with asyncio.timeout_at(until):
            yield
    except aiosmtplib.SMTPResponseException as fault:
        says = f"{fault.code} {fault.message[:200]}"
        if fault.code >= 500 and fault.code not in _OUR_FAULT:
            raise refused(says) from fault
        raise MailLater(says) from fault
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
        raise lost(f"the mail server was lost: {fault}") from fault


async def _leave(client: aiosmtplib.SMTP) -> None:
    """A word of farewell; the message is already where it is."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        if client.is_connected:
            await client.quit(timeout=0.5)
    client.close()


class Console:
    """Sends nothing. Logs that a mail was due, never what it says: it may hold a secret link.

    In development the whole mail is written to `terminal`, where the developer follows the link.
    """

    def __init__(self, terminal: TextIO | None = None) -> None:
        self._terminal = terminal

    async def send(self, message: Message) -> None:
        log.info("mail.shown" if self._terminal else "mail.dropped", message_id=message.message_id)
        if self._terminal:
            self._terminal.write(f"\nTo: {message.to}\nSubject: {message.subject}\n\n{message.text}\n")
            self._terminal.flush()


class Outbox:
    """Keeps the latest thousand messages in memory; `fails` makes sending raise that."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque(maxlen=1000)
        self.fails: MailLater | MailRefused | None = None

    async def send(self, message: Message) -> None:
        if self.fails:
            raise self.fails
        self.messages.append(message)

    def to(self, address: str) -> list[Message]:
        """What was sent to `address`, the oldest first."""
        return [message for message in self.messages if message.to == address]


def from_settings(url: str, *, origin: Sender, development: bool = False) -> Mailer:
    """The mailer behind `url`; raises `ValueError`.

    `smtp://user:password@host:587?starttls=always|offered|never&ca=/path`, `smtps://…` for TLS from the first byte,
    `console:`, or `outbox:` for tests. STARTTLS is demanded unless the address says otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        secure = parts.scheme == "smtps"
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return Smtp(
            parts.hostname, parts.port or (465 if secure else 587), origin, secure=secure,
            user=unquote(parts.username or ""), password=unquote(parts.password or ""),
            start_tls=_start_tls(options.get("starttls", "always")), ca=options.get("ca", ""),
        )  # fmt: skip
    if parts.scheme == "console":
        return Console(sys.stderr if development else None)
    if parts.scheme == "outbox":
        return Outbox()
    raise ValueError("mail goes through smtp://, smtps:// or console:")


def _start_tls(text: str) -> StartTls:
    if text not in ("always", "offered", "never"):
        raise ValueError("starttls is always, offered or never")
    return text  # type: ignore[return-value]


def encoded(message: Message, origin: Sender) -> bytes:
    """The message as it travels (RFC 5322): seven bits, short lines, unless the address itself is international."""
    mail = EmailMessage(policy=policy.SMTP if message.to.isascii() else policy.SMTPUTF8)
    mail["From"] = Address(origin.name, addr_spec=origin.address)
    user, _, domain = message.to.rpartition("@")
    mail["To"] = Address(username=user, domain=domain)
    mail["Subject"] = message.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.message_id}@{origin.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.list_unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.list_unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()
