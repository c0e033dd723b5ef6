"""How the program signs in to the calendar accounts of students: credentials, and the providers that they open."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol
from uuid import UUID

import httpx2
import msgspec

from studyteddy.features.calendar.providers.caldav_account import CalDavAccount, CalDavCredential
from studyteddy.features.calendar.providers.google import GoogleCalendar
from studyteddy.features.calendar.providers.oauth import (
    GOOGLE_BUSY_SCOPES,
    GOOGLE_EVENTS_SCOPE,
    MICROSOFT_SCOPES,
    OAuth,
    Tokens,
)
from studyteddy.features.calendar.providers.outlook import Outlook
from studyteddy.features.calendar.providers.provider import Provider, SignInRequired
from studyteddy.features.calendar.providers.rest import Rest
from studyteddy.features.calendar.schemas.accounts import Access, ProviderName, StoredAccount
from studyteddy.platform.egress import Allowed
from studyteddy.platform.security.encryption import FieldEncryption

MARGIN: Final = timedelta(minutes=1)
"""An access token isn't used for so long before it expires."""
_SEALED_AT: Final = {"table": "calendar_accounts", "column": "credential"}

OAuthProvider = Literal["google", "outlook"]


class OAuthCredential(msgspec.Struct, frozen=True):
    """What a student's consent gave."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: list[str]

    def __repr__(self) -> str:
        return "OAuthCredential(...)"


Credential = CalDavCredential | OAuthCredential


class Vault(Protocol):
    """Where the credential of one account is kept."""

    async def load(self) -> OAuthCredential:
        """Return the credential that is kept now; raise `SignInRequired` if the account is gone."""

    async def replace(self, before: OAuthCredential, after: OAuthCredential) -> OAuthCredential:
        """Keep `after`, unless another one than `before` is kept meanwhile; return what is kept."""


class OAuthTokens:
    """The access token of an account, which is refreshed when it expires or is rejected.

    Of two that refresh it at a time, the second takes what the first one got: its own refresh token may have been
    replaced by then.
    """

    def __init__(
        self, oauth: OAuth, credential: OAuthCredential, vault: Vault | None, clock: Callable[[], datetime]
    ) -> None:
        self._oauth = oauth
        self._credential = credential
        self._vault = vault
        self._clock = clock

    async def get(self, rejected: str = "") -> str:
        """Return a token that is valid for now, another one than `rejected`; raise `SignInRequired` or `Failing`."""
        if not self._is_usable(self._credential, rejected):
            self._credential = await self._fresh(rejected)
        return self._credential.access_token

    async def _fresh(self, rejected: str) -> OAuthCredential:
        if self._vault is None:
            raise SignInRequired
        kept = await self._vault.load()
        if self._is_usable(kept, rejected):
            return kept
        try:
            tokens = await self._oauth.refresh(kept.refresh_token)
        except SignInRequired:
            current = await self._vault.load()
            if current.refresh_token == kept.refresh_token:
                raise
            return current
        return await self._vault.replace(kept, credential_of(tokens, self._clock(), before=kept))

    def _is_usable(self, credential: OAuthCredential, rejected: str) -> bool:
        return credential.access_token != rejected and self._clock() < credential.expires_at - MARGIN


def credential_of(tokens: Tokens, now: datetime, *, before: OAuthCredential) -> OAuthCredential:
    """Return the credential after an answer with tokens, which may leave out what didn't change."""
    return OAuthCredential(
        tokens.access_token,
        tokens.refresh_token or before.refresh_token,
        now.astimezone(UTC) + timedelta(seconds=tokens.expires_in),
        sorted(tokens.scopes) or before.scopes,
    )


class Clients(msgspec.Struct, frozen=True):
    """How the vendors are reached; without a client of theirs, their calendars can't be connected."""

    http: httpx2.AsyncClient
    google: OAuth | None
    google_url: str
    microsoft: OAuth | None
    graph_url: str


class Connections:
    """Opens the providers of calendar accounts."""

    def __init__(
        self,
        field_encryption: FieldEncryption,
        allow: Allowed,
        clients: Clients,
        *,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._field_encryption = field_encryption
        self._allow = allow
        self._clients = clients
        self._clock = clock
        offered: dict[ProviderName, object] = {"google": clients.google, "outlook": clients.microsoft, "caldav": True}
        self.providers = [name for name, one in offered.items() if one is not None]
        """What can be connected."""
        self.push_url = public_url if public_url.startswith("https://") else ""
        """Where vendors can send notifications; "" if they can't: they accept only https."""

    def oauth(self, provider: OAuthProvider) -> OAuth | None:
        """Return the client of a vendor, or None if the operator has none."""
        return self._clients.google if provider == "google" else self._clients.microsoft

    def scopes(self, provider: OAuthProvider, access: Access) -> list[str]:
        """Return what a student is asked to allow."""
        if provider == "outlook":
            return [*MICROSOFT_SCOPES]
        return [*GOOGLE_BUSY_SCOPES, *([GOOGLE_EVENTS_SCOPE] if access == "events" else [])]

    def caldav(self, credential: CalDavCredential, *, own: Collection[str] = ()) -> CalDavAccount:
        """Return an account on a CalDAV server; `own` has the refs of our calendars."""
        return CalDavAccount(credential, self._allow, clock=self._clock, own=own)

    def vendor(
        self,
        provider: OAuthProvider,
        credential: OAuthCredential,
        vault: Vault | None = None,
        *,
        own: Collection[str] = (),
    ) -> Provider:
        """Return an account at Google or Microsoft; `own` has the refs of our calendars. Raise `SignInRequired`."""
        oauth = self.oauth(provider)
        if oauth is None:
            raise SignInRequired
        tokens = OAuthTokens(oauth, credential, vault, self._clock)
        if provider == "outlook":
            return Outlook(self._clients.http, tokens, self._clients.graph_url, own=own)
        rest = Rest(self._clients.http, self._clients.google_url, tokens)
        return GoogleCalendar(rest, scopes=credential.scopes, own=own)

    def open(self, account: StoredAccount, vault: Vault, *, user_id: UUID, own: Collection[str]) -> Provider:
        """Return the provider of an account; raise `SignInRequired`."""
        credential = self.credential(account, user_id=user_id)
        if isinstance(credential, CalDavCredential):
            return self.caldav(credential, own=own)
        return self.vendor("google" if account.provider == "google" else "outlook", credential, vault, own=own)

    def credential(self, account: StoredAccount, *, user_id: UUID) -> Credential:
        """Return the credential of an account."""
        raw = self._field_encryption.open(account.credential, **_SEALED_AT, row=account.id, user=user_id)
        if account.provider == "caldav":
            return msgspec.json.decode(raw, type=CalDavCredential)
        return msgspec.json.decode(raw, type=OAuthCredential)

    def sealed(self, credential: Credential, *, account_id: UUID, user_id: UUID) -> bytes:
        """Return a credential as it is stored."""
        raw = msgspec.json.encode(credential)
        return self._field_encryption.seal(raw, **_SEALED_AT, row=account_id, user=user_id)
