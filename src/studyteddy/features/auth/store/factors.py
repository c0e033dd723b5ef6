"""Every statement on second factors and recovery codes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas import FactorState
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import withheld
from studyteddy.platform.sealing import SealedColumn

SEALED = [SealedColumn("second_factors", "secret", row_column="user_id")]

_BEGIN_FACTOR = Statement(
    Nothing,
    """
INSERT INTO second_factors (user_id, secret) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = 0
 WHERE second_factors.confirmed_at IS NULL""",
)

_FACTOR_BEGUN = Statement(bool, "SELECT confirmed_at IS NULL FROM second_factors WHERE user_id = $1")

_FACTOR_SECRET = Statement(bytes, "SELECT secret FROM second_factors WHERE user_id = $1")

_TAKE_STEP = Statement(Nothing, "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2")

_CONFIRM_FACTOR = Statement(
    Nothing,
    """
WITH confirmed AS (UPDATE second_factors SET confirmed_at = $3 WHERE user_id = $1),
     gone AS (DELETE FROM recovery_codes WHERE user_id = $1)
INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])""",
)

_END_FACTOR = Statement(
    Nothing,
    """
WITH codes AS (DELETE FROM recovery_codes WHERE user_id = $1)
DELETE FROM second_factors WHERE user_id = $1""",
)

_FACTOR_STATE = Statement(
    FactorState,
    """
SELECT f.confirmed_at IS NOT NULL,
       (SELECT count(*)::int FROM recovery_codes AS c WHERE c.user_id = f.user_id AND c.used_at IS NULL)
  FROM second_factors AS f WHERE f.user_id = $1""",
)

_USE_RECOVERY_CODE = Statement(
    Nothing, "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL"
)

HOLDINGS = [
    withheld("second_factors", "a secret of the sign-in"),
    withheld("recovery_codes", "hashes of secrets of the sign-in"),
]


async def begin_factor(tx: Tx, user_id: UUID, sealed: bytes) -> None:
    """Keeps a sealed secret that is still to be confirmed; one that counts already stays."""
    await tx.do(_BEGIN_FACTOR, user_id, sealed)


async def factor_begun(reader: Reader, user_id: UUID) -> bool:
    """Whether there is a secret to confirm."""
    return await reader.one(_FACTOR_BEGUN, user_id) or False


async def factor_secret(reader: Reader, user_id: UUID) -> bytes | None:
    """The sealed secret."""
    return await reader.one(_FACTOR_SECRET, user_id)


async def take_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Uses a time step up; false when it, or a later one, was used before."""
    return await tx.do(_TAKE_STEP, user_id, step) == 1


async def confirm_factor(tx: Tx, user_id: UUID, hashes: list[bytes], *, at: datetime) -> None:
    """Makes the secret count, with fresh recovery codes."""
    await tx.do(_CONFIRM_FACTOR, user_id, hashes, at)


async def end_factor(tx: Tx, user_id: UUID) -> bool:
    return await tx.do(_END_FACTOR, user_id) == 1


async def factor_state(reader: Reader, user_id: UUID) -> FactorState | None:
    return await reader.one(_FACTOR_STATE, user_id)


async def use_recovery_code(tx: Tx, user_id: UUID, hash: bytes) -> bool:
    """Uses a recovery code up; false when there is none such."""
    return await tx.do(_USE_RECOVERY_CODE, user_id, hash) == 1
