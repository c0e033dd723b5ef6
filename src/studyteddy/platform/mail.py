"""Mail: one message to one recipient, over SMTP or another transport.

When `send` returns, the mail server has accepted the message. Otherwise it raises `MailLater` if a retry may succeed,
or `MailRefused` if it won't. A retried message keeps its id, so that a mailbox can recognize a duplicate when the
connection is lost before the server's response.
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
import idna
import msgspec
import structlog

from studyteddy.platform.text import GAPS

log = structlog.get_logger("studyteddy.mail")

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0

_LINE_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ATOM = rf'[^\x00-\x20"(),.:;<>@\[\\\]\x7f{GAPS}\u0130\u023a\u023e]'
"""A letter of the local part; the three letters take more bytes in lower case, which is how addresses are stored."""
_LABEL = rf"(?!-)[^\x00-,./:-@\[-`{{-\x7f{GAPS}\u0130\u023a\u023e]{{1,63}}(?<!-)"
ADDRESS = (
    r"^(?!.*=\?)(?=[!-~]{3,254}$|[!-\u07ff]{3,127}$|.{3,63}$)(?=[!-~]{1,64}@|[!-\u07ff]{1,32}@|.{1,16}@)"
    rf"{_ATOM}+(\.{_ATOM}+)*@{_LABEL}(\.{_LABEL})*$(?!\n)"
)
"""The addresses that mail is sent to (RFC 5321, RFC 6531), without quoted local parts and address literals.

The local part has at most 64 bytes and the whole at most 254; the first line says so in characters of one, of at most
two and of at most four bytes. `=?` begins an encoded word (RFC 2047), which would name another address in the header.
Registration accepts exactly these, and of them only those that the mailer accepts.
"""
_ADDRESS = re.compile(ADDRESS)
_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")
_AUTHENTICATION_FAILURES = (530, 534, 535, 538)
"""Response codes about our credentials, not about the message: retries succeed once the settings are fixed."""


class MailLater(Exception):
    """Temporary failure: the mail server is unavailable, busy, or defers the message. Try again."""


class MailUnknown(MailLater):
    """The connection was lost during the transfer: the message may have been sent. Try again with the same id."""


class MailRefused(Exception):
    """Permanent failure: the mail server rejected the message or its recipient."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one recipient; raises `ValueError` on header injection, or if `to` isn't a single address."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    """Identifies the message across retries; letters, digits, `.`, `_`, and `-`, without the domain."""
    list_unsubscribe: str = ""
    """URL (`https://…`) for one-click unsubscription with a POST (RFC 8058)."""

    def __post_init__(self) -> None:
        if not _ADDRESS.match(self.to) or not _is_deliverable(self.to, international=True):
            raise ValueError("the recipient must be a single plain address")
        if not _ID.fullmatch(self.message_id):
            raise ValueError("a message id can contain only letters, digits, periods, hyphens, and underscores")
        if _LINE_BREAKING.search(self.subject + self.list_unsubscribe) or set("<> ") & set(self.list_unsubscribe):
            raise ValueError("a header must be a single line of text")
        if _NOT_TEXT.search(self.text + self.html):
            raise ValueError("the body can't contain control characters")


class Mailer(Protocol):
    """Sends mail; raises `MailLater` or `MailRefused`."""

    def accepts(self, address: str) -> bool:
        """Return whether mail can be sent to this address; registration asks the same mailer that sends."""

    async def send(self, message: Message) -> None: ...


def deliverable(address: str) -> str:
    """Return an address as it is sent: with its domain in ASCII (UTS 46). Raise `ValueError` for an invalid domain."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _is_deliverable(address: str, *, international: bool) -> bool:
    try:
        sent = deliverable(address)
    except ValueError:
        return False
    return international or sent.isascii()


class Sender(msgspec.Struct, frozen=True):
    """The name and address in the From header."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender(text: str) -> Sender:
    """Parse a sender such as `Study Teddy <mail@example.org>`; raise `ValueError` if invalid."""
    name, address = parseaddr(text)
    if not _ADDRESS.match(address) or not address.isascii() or _LINE_BREAKING.search(name):
        raise ValueError(f"a sender must be `Name <address>`, not {text!r}")
    return Sender(name, address)


StartTls = Literal["always", "offered", "never"]


class Smtp:
    """An SMTP server. `secure` uses implicit TLS; otherwise `start_tls` determines when to use STARTTLS.

    `international` says that the server supports SMTPUTF8, so that the part before the @ may be outside ASCII.

    Each message uses its own connection, so there are no stale connections to handle. `connect` (for the connection,
    and again for the greeting) and `total` are timeouts in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        origin: Sender,
        *,
        user: str = "",
        password: str = "",
        secure: bool = False,
        start_tls: StartTls = "always",
        international: bool = False,
        ca: str = "",
        connect: float = CONNECT_SECONDS,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._host, self._port, self._origin = host, port, origin
        self._user, self._password = user or None, password or None
        self._secure = secure
        self._start_tls = None if secure else {"always": True, "offered": None, "never": False}[start_tls]
        self._trust = ssl.create_default_context(cafile=ca or None)
        self._international = international
        self._connect, self._total = connect, total

    def accepts(self, address: str) -> bool:
        return _is_deliverable(address, international=self._international)

    async def send(self, message: Message) -> None:
        raw = encoded(message, self._origin)
        deadline = asyncio.get_running_loop().time() + self._total
        client = self._client()
        try:
            # Before the envelope is sent, no response is about the message.
            async with _stage(deadline, refused=MailLater):
                await client.connect(timeout=self._connect)
            async with _stage(deadline):
                await self._address(client, deliverable(message.to))
            async with _stage(deadline, lost=MailUnknown):
                await client.data(raw)
        finally:
            await _quit(client)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            local_hostname=self._origin.domain,
            timeout=self._total,
            use_tls=self._secure,
            start_tls=self._start_tls,
            tls_context=self._trust,
        )

    async def _address(self, client: aiosmtplib.SMTP, to: str) -> None:
        international = not to.isascii()
        if international:
            await client.ehlo()
            if not client.supports_extension("smtputf8"):
                raise MailRefused("the mail server doesn't support international addresses")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        encoding = "utf-8" if international else "ascii"
        await client.mail(self._origin.address, options=options, encoding=encoding)
        await client.rcpt(to, encoding=encoding)


@asynccontextmanager
async def _stage(
    deadline: float, *, lost: type[MailLater] = MailLater, refused: type[MailLater] | type[MailRefused] = MailRefused
) -> AsyncIterator[None]:
    """Translate the failures of one stage of a delivery."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except aiosmtplib.SMTPResponseException as fault:
        response = f"{fault.code} {fault.message[:200]}"
        if fault.code >= 500 and fault.code not in _AUTHENTICATION_FAILURES:
            raise refused(response) from fault
        raise MailLater(response) from fault
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
        raise lost(f"lost the connection to the mail server: {fault}") from fault


async def _quit(client: aiosmtplib.SMTP) -> None:
    """Quit politely; failures don't matter, since the message is already sent."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        if client.is_connected:
            await client.quit(timeout=0.5)
    client.close()


class Console:
    """Doesn't send mail. Logs that a mail was due, without its contents, which may include a secret link.

    In development, the whole mail is written to `terminal` so that the developer can follow the link.
    """

    def __init__(self, terminal: TextIO | None = None) -> None:
        self._terminal = terminal

    def accepts(self, address: str) -> bool:
        return _is_deliverable(address, international=True)

    async def send(self, message: Message) -> None:
        log.info("mail.shown" if self._terminal else "mail.dropped", message_id=message.message_id)
        if self._terminal:
            self._terminal.write(f"\nTo: {message.to}\nSubject: {message.subject}\n\n{message.text}\n")
            self._terminal.flush()


class Outbox:
    """Keeps the latest thousand messages in memory; if `fails` is set, `send` raises it."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque(maxlen=1000)
        self.fails: MailLater | MailRefused | None = None

    def accepts(self, address: str) -> bool:
        return _is_deliverable(address, international=True)

    async def send(self, message: Message) -> None:
        if self.fails:
            raise self.fails
        self.messages.append(message)

    def to(self, address: str) -> list[Message]:
        """Return the messages sent to `address`, oldest first."""
        return [message for message in self.messages if message.to == address]


def from_settings(url: str, *, origin: Sender, development: bool = False) -> Mailer:
    """Return the mailer for `url`; raise `ValueError` if it is invalid.

    `smtp://user:password@host:587?starttls=always|offered|never&smtputf8=yes&ca=/path`, `smtps://…` for implicit TLS,
    `console:`, or `outbox:` for tests. STARTTLS is required unless the URL says otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        secure = parts.scheme == "smtps"
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return Smtp(
            parts.hostname,
            parts.port or (465 if secure else 587),
            origin,
            secure=secure,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            start_tls=_start_tls(options.get("starttls", "always")),
            international=options.get("smtputf8") == "yes",
            ca=options.get("ca", ""),
        )
    if parts.scheme == "console":
        return Console(sys.stderr if development else None)
    if parts.scheme == "outbox":
        return Outbox()
    raise ValueError("the mail URL must start with smtp://, smtps://, or console:")


def _start_tls(text: str) -> StartTls:
    if text not in ("always", "offered", "never"):
        raise ValueError("starttls must be always, offered, or never")
    return text  # type: ignore[return-value]


def encoded(message: Message, origin: Sender) -> bytes:
    """Encode the message (RFC 5322): 7-bit with short lines, unless the address itself is international."""
    to = deliverable(message.to)
    mail = EmailMessage(policy=policy.SMTP if to.isascii() else policy.SMTPUTF8)
    mail["From"] = Address(origin.name, addr_spec=origin.address)
    user, _, domain = to.rpartition("@")
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
