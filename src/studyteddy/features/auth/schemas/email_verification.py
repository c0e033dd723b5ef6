"""E-mail verification."""

from __future__ import annotations

import msgspec

from studyteddy.platform.fields import Token


class MailToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token from a verification mail."""

    token: Token
