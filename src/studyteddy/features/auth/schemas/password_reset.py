"""Password reset."""

from __future__ import annotations

import msgspec

from studyteddy.platform.fields import Email, Password, Token


class AddressOnly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The e-mail address of the account whose password to reset."""

    email: Email


class PasswordReset(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The token from the mail and the new password."""

    token: Token
    new_password: Password
