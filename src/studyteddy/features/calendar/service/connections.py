"""How the program signs in to the calendar accounts of students: sealed credentials, and the providers they open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from studyteddy.features.calendar.providers.caldav_account import CalDavAccount, CalDavCredential
from studyteddy.features.calendar.providers.provider import Provider
from studyteddy.features.calendar.schemas.accounts import ProviderName, StoredAccount
from studyteddy.platform.egress import Allowed
from studyteddy.platform.security.encryption import FieldEncryption

_SEALED_AT: Final = {"table": "calendar_accounts", "column": "credential"}


class Connections:
    """Opens the providers of calendar accounts."""

    def __init__(self, field_encryption: FieldEncryption, allow: Allowed, *, clock: Callable[[], datetime]) -> None:
        self._field_encryption = field_encryption
        self._allow = allow
        self._clock = clock
        self.providers: list[ProviderName] = ["caldav"]

    def caldav(self, credential: CalDavCredential) -> CalDavAccount:
        """Return an account on a CalDAV server."""
        return CalDavAccount(credential, self._allow, clock=self._clock)

    def open(self, account: StoredAccount, *, user_id: UUID) -> Provider:
        """Return the provider of an account."""
        raw = self._field_encryption.open(account.credential, **_SEALED_AT, row=account.id, user=user_id)
        return self.caldav(msgspec.json.decode(raw, type=CalDavCredential))

    def sealed(self, credential: CalDavCredential, *, account_id: UUID, user_id: UUID) -> bytes:
        """Return a credential as it is stored."""
        raw = msgspec.json.encode(credential)
        return self._field_encryption.seal(raw, **_SEALED_AT, row=account_id, user=user_id)
