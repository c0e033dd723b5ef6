"""Two-factor authentication."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, SignInNeeded
from studyteddy.platform.fields import END

Code = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=32,
        pattern=rf"^[A-Za-z0-9-]+{END}",
        extra={"message": "Can contain only letters, digits, and hyphens."},
    ),
]
FactorCode = Annotated[Code, Meta(examples=["287082"])]


class CodeOnly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The six-digit code from the authenticator app."""

    code: FactorCode


class NewFactor(msgspec.Struct, frozen=True):
    """The secret for an authenticator app; shown only once."""

    secret: str
    uri: str


class RecoveryCodes(msgspec.Struct, frozen=True, rename="camel"):
    """Ten single-use recovery codes; shown only once."""

    recovery_codes: list[str]


class FactorState(msgspec.Struct, frozen=True, rename="camel"):
    """Whether two-factor authentication is on, and how many recovery codes are left."""

    enabled: bool
    recovery_codes_left: int


class SecondFactorRequired(SignInNeeded):
    """Two-factor authentication is required. Send the six-digit code or a recovery code as `code`."""


class BadCode(SignInNeeded):
    """The code is incorrect or was already used."""


class NoFactorBegun(Conflict):
    """Two-factor setup hasn't been started. Start it first."""
