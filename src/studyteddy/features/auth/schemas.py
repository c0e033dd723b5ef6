"""What auth takes in and gives out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.audit import Recorded
from studyteddy.platform.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from studyteddy.platform.fields import END, NAME, Cursor, Email, Instant, Limit, Password, PersonName, Token, Zone

Delivery = Annotated[
    Literal["body", "cookie"],
    Meta(description="Where the refresh token goes: `body` for apps, `cookie` (HttpOnly) for browsers."),
]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=128)]


class User(msgspec.Struct, frozen=True, rename="camel"):
    """An account as its owner sees it."""

    id: UUID
    email: str
    name: str
    time_zone: str
    day_start: Annotated[str, Meta(description="Local time at which a day begins, HH:MM.", examples=["04:00"])]
    locale: str
    week_start: Annotated[int, Meta(description="1 is Monday, 7 is Sunday.")]
    role: str
    email_verified: bool
    avatar_url: str | None
    deletion_at: Annotated[datetime | None, Meta(description="When the account will be erased, if it was asked for.")]
    created_at: datetime
    updated_at: datetime


class NewAccount(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who wants an account."""

    email: Email
    password: Password
    name: PersonName
    time_zone: Zone = "UTC"
    delivery: Delivery = "body"


class Credentials(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An e-mail address and a password; `code` is for the second factor."""

    email: Email
    password: AnyPassword
    code: Annotated[str, Meta(min_length=6, max_length=32, pattern=rf"^[A-Za-z0-9-]+{END}")] | None = None
    delivery: Delivery = "body"


class RefreshRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A refresh token, unless the cookie carries it."""

    refresh_token: Token | None = None


class SignedIn(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A session has begun or goes on. Send `accessToken` as a bearer; it lasts `expiresIn` seconds."""

    user: User
    access_token: str
    expires_in: int
    refresh_token: str | None = None


class From(msgspec.Struct, frozen=True):
    """Where a request comes from: the client's own name, and its address."""

    client: str
    address: str


class Account(msgspec.Struct, frozen=True):
    """What signing in needs to know of an account."""

    id: UUID
    password_hash: str | None
    role: str
    disabled: bool


class Session(msgspec.Struct, frozen=True):
    """A signed-in device: the family of its refresh tokens."""

    id: UUID
    user_id: UUID
    generation: int
    alive: bool
    """Neither revoked nor over."""
    just_rotated: bool
    """The last rotation was within the grace of racing tabs."""


DayStart = Annotated[
    str, Meta(pattern=rf"^([01][0-9]|2[0-3]):[0-5][0-9]{END}", min_length=5, max_length=5, examples=["04:00"])
]
Locale = Annotated[str, Meta(pattern=rf"^[a-z]{{2,3}}(-[A-Za-z0-9]{{2,8}})*{END}", max_length=35, examples=["de-AT"])]


class ProfileChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change of the account; what is absent stays. A new zone applies from the next act on."""

    name: PersonName | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    day_start: DayStart | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    week_start: Annotated[int, Meta(ge=1, le=7)] | UnsetType = UNSET


class Preferences(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How the app looks and behaves for this student, on every device."""

    theme: Literal["system", "light", "dark"] = "system"
    reduced_motion: bool = False
    compact_lists: bool = False
    hide_points: Annotated[bool, Meta(description="Hide points, levels and streaks everywhere.")] = False


class PasswordChange(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The present password and the next one; every other session ends."""

    current_password: AnyPassword
    new_password: Password


class Device(msgspec.Struct, frozen=True, rename="camel"):
    """A session that goes on: a device that is signed in."""

    id: UUID
    client: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class DeviceList(msgspec.Struct, frozen=True, rename="camel"):
    """Every signed-in device, the latest used first; at most 200."""

    items: list[Device]
    next_cursor: None = None


Scope = Literal["read", "write"]
KeyName = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME, examples=["My calendar script"])]


class NewApiKey(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A key for a program of yours; without `expiresAt` it lasts until it is revoked."""

    name: KeyName
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=2)]
    expires_at: Instant | None = None


class ApiKey(msgspec.Struct, frozen=True, rename="camel"):
    """A key as it is listed: how it begins, what it may do, when it was last used."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class ApiKeyList(msgspec.Struct, frozen=True, rename="camel"):
    """Your keys, the latest first; at most 50."""

    items: list[ApiKey]
    next_cursor: None = None


class CreatedApiKey(msgspec.Struct, frozen=True, rename="camel"):
    """A new key; `key` is shown this once."""

    api_key: ApiKey
    key: str


class KeyHolder(msgspec.Struct, frozen=True):
    """Whom an API key lets in, and for what."""

    id: UUID
    user_id: UUID
    scopes: list[str]
    rested: bool
    """Whether its last use was noted more than a minute ago."""


class UserQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account an operator looks for."""

    email: Email


class SupportedUser(msgspec.Struct, frozen=True, rename="camel"):
    """What an operator may know of an account: no content of the student's."""

    id: UUID
    email: str
    role: str
    email_verified: bool
    disabled: bool
    created_at: datetime


class Vouched(msgspec.Struct, frozen=True):
    """Whom a provider vouches for: keyed by issuer and subject, never by address."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


class Flow(msgspec.Struct, frozen=True):
    """What a sign-in elsewhere must come back with."""

    verifier: str
    nonce: str


class CallbackQuery(msgspec.Struct, frozen=True):
    """What the provider sends back with the person."""

    state: Annotated[str, Meta(max_length=200)] = ""
    code: Annotated[str, Meta(max_length=2000)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""


class NotSignedInThere(SignInNeeded):
    """Signing in elsewhere did not succeed: begin again."""


class Export(msgspec.Struct, frozen=True, rename="camel"):
    """An archive of everything that is kept of the student; `progress` in percent, `size` in bytes."""

    id: UUID
    status: Literal["running", "ready", "failed"]
    progress: int
    size: int | None
    created_at: datetime
    finished_at: datetime | None


class Overdue(msgspec.Struct, frozen=True):
    """An archive whose time is over, and whose it is."""

    user_id: UUID
    id: UUID


class ExportList(msgspec.Struct, frozen=True, rename="camel"):
    """Your archives, the latest first; at most 50."""

    items: list[Export]
    next_cursor: None = None


class PasswordOnce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password, once more, for what cannot be undone or protects the account."""

    password: AnyPassword


class NoSuchExport(NotFound):
    """There is nothing here."""


class NotReady(Conflict):
    """This archive is not ready yet: watch its progress."""


FactorCode = Annotated[str, Meta(min_length=6, max_length=32, pattern=rf"^[A-Za-z0-9-]+{END}", examples=["287082"])]


class CodeOnly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Six digits from the authenticator app."""

    code: FactorCode


class NewFactor(msgspec.Struct, frozen=True):
    """What an authenticator app needs; shown this once."""

    secret: str
    uri: str


class RecoveryCodes(msgspec.Struct, frozen=True, rename="camel"):
    """Ten codes for the day the phone is lost, each good once; shown this once."""

    recovery_codes: list[str]


class FactorState(msgspec.Struct, frozen=True, rename="camel"):
    """Whether signing in asks for a second factor."""

    enabled: bool
    recovery_codes_left: int


class SecondFactorRequired(SignInNeeded):
    """This account has a second factor: send its six digits, or a recovery code, as `code`."""


class BadCode(SignInNeeded):
    """This code is wrong, or was used before."""


class NoFactorBegun(Conflict):
    """Begin a second factor first."""


class AuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the log."""

    limit: Limit = 50
    cursor: Cursor | None = None


class AuditPage(msgspec.Struct, frozen=True, rename="camel"):
    """What touched the account's safety, the latest first."""

    items: list[Recorded]
    next_cursor: str | None


class AvatarQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`v` changes with the picture, so that caches do."""

    v: Annotated[str, Meta(max_length=64, pattern=rf"^[0-9a-f]*{END}")] = ""


class NoAvatar(NotFound):
    """There is nothing here."""


class NoSuchUser(NotFound):
    """There is nothing here."""


class NotYourself(Conflict):
    """Operators cannot disable their own account."""


class NoSuchSession(NotFound):
    """There is nothing here."""


class NoSuchKey(NotFound):
    """There is nothing here."""


class MailToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token from a mail."""

    token: Token


class AddressOnly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password was forgotten."""

    email: Email


class PasswordReset(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The token from the mail and the new password; every session ends."""

    token: Token
    new_password: Password


class Proof(msgspec.Struct, frozen=True):
    """Whose address a mail's token proves."""

    user_id: UUID
    email: str


class BadMailToken(Invalid):
    """This link was used before, or is too old: ask for a new one."""


class WrongPassword(Forbidden):
    """This is not your present password."""


class TooManyKeys(Conflict):
    """An account has at most 50 API keys: revoke one first."""


class EmailTaken(Conflict):
    """There is an account with this e-mail address already: sign in, or reset its password."""


class BadCredentials(SignInNeeded):
    """The e-mail address or the password is wrong."""


class SessionEnded(SignInNeeded):
    """This session is over: sign in again."""


class CommonPassword(Invalid):
    """Too many people use this password: choose another one."""


class ForeignOrigin(Forbidden):
    """Sessions kept in a cookie are refreshed from our own pages only."""
