"""OAuth sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.auth.schemas.accounts import Delivery
from studyteddy.features.auth.schemas.passwords import AnyPassword
from studyteddy.features.auth.schemas.two_factor import Code
from studyteddy.platform.errors import Conflict, NotFound, SignInNeeded

Purpose = Literal["second_factor", "link"]
"""What a sign-in still needs: the account's second factor, or the whole sign-in of the account to be linked."""


class OAuthProfile(msgspec.Struct, frozen=True):
    """A user as verified by a provider, identified by issuer and subject, never by address."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


class OAuthFlow(msgspec.Struct, frozen=True):
    """The PKCE verifier and nonce of an OAuth sign-in in progress."""

    verifier: str
    nonce: str


class CallbackQuery(msgspec.Struct, frozen=True):
    """The query of the provider's redirect."""

    state: Annotated[str, Meta(max_length=200)] = ""
    code: Annotated[str, Meta(max_length=2000)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""


class PendingSignIn(msgspec.Struct, frozen=True):
    """A sign-in with an identity that needs more proof, and what that proof is compared with."""

    user_id: UUID
    purpose: Purpose
    issuer: str
    subject: str
    email: str
    account_email: str
    password_hash: str | None


class SignInProof(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the sign-in still needs: the two-factor code or a recovery code and, to link the accounts, the password."""

    password: AnyPassword | None = None
    code: Code | None = None
    delivery: Delivery = "body"


class LinkedIdentity(msgspec.Struct, frozen=True, rename="camel"):
    """A Google account that can sign in to your account."""

    id: UUID
    issuer: str
    email: str
    created_at: datetime


class LinkedIdentityList(msgspec.Struct, frozen=True, rename="camel"):
    """The Google accounts that can sign in to your account, newest first; at most 50."""

    items: list[LinkedIdentity]
    next_cursor: None = None


class UnlinkQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What ends with the identity, besides its sessions."""

    revoke_api_keys: Annotated[
        bool, Meta(description="Whether to revoke all API keys; whoever signed in with it may have created one.")
    ] = True


class NotSignedInThere(SignInNeeded):
    """Google sign-in failed. Try again."""


class NoSuchIdentity(NotFound):
    """Linked identity not found."""


class PasswordNeeded(Conflict):
    """Your account has no password. Set one with a password reset by mail first."""
