"""A student's own key for the language model."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.features.auth.schemas.passwords import AnyPassword
from studyteddy.platform.errors import Conflict, Forbidden
from studyteddy.platform.fields import END


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API key of yours for the provider of this server's language model, and your password to confirm it."""

    key: Annotated[
        str,
        Meta(
            min_length=16,
            max_length=300,
            pattern=rf"^[\x21-\x7e]+{END}",
            extra={"form": "Must have 16 to 300 characters: ASCII letters, digits and signs, without spaces."},
            description="The key, as the provider shows it.",
            examples=["sk-0123456789abcdef"],
        ),
    ]
    password: AnyPassword


class KeptKey(msgspec.Struct, frozen=True, rename="camel"):
    """A key that is kept. It is never shown."""

    last_four: Annotated[str, Meta(description="The last four characters of the key.")]
    created_at: datetime


class OwnKey(msgspec.Struct, frozen=True, rename="camel"):
    """Your own key, and where it is used."""

    allowed: Annotated[
        bool, Meta(description="Whether this server allows own keys. If not, a kept key isn't used; you can delete it.")
    ]
    provider: Annotated[str | None, Meta(description="Where the key is sent to; null if own keys aren't allowed.")]
    model: Annotated[str | None, Meta(description="The model that is asked; null if own keys aren't allowed.")]
    key: KeptKey | None


class AiKeysOff(Forbidden):
    """This server doesn't allow own AI keys."""


class AiKeyRejected(Conflict):
    """Your AI key was rejected. Check at the provider that it is valid and may use the model, and save it again.

    Or delete it: then the server's own key is used, within your daily tokens.
    """


class AiKeyOutOfCredit(Conflict):
    """Your AI key has no credit left. Add credit at the provider.

    Or delete the key: then the server's own key is used, within your daily tokens.
    """


OWN_KEY = (AiKeyRejected, AiKeyOutOfCredit)
"""What a call with an own key can end in."""
