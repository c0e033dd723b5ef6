"""SQL statements for two-factor secrets and recovery codes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.two_factor import FactorState
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import withheld
from studyteddy.platform.security.encryption import SealedColumn

SEALED_COLUMNS = [SealedColumn("second_factors", "secret", row_column="user_id")]

_BEGIN = Statement(
    Nothing,
    """
INSERT INTO second_factors (user_id, secret) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = 0
 WHERE second_factors.confirmed_at IS NULL""",
)

_IS_BEGUN = Statement(bool, "SELECT confirmed_at IS NULL FROM second_factors WHERE user_id = $1")

_SECRET = Statement(bytes, "SELECT secret FROM second_factors WHERE user_id = $1")

_USE_TIME_STEP = Statement(Nothing, "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2")

_CONFIRM = Statement(
    Nothing,
    """
WITH confirmed AS (UPDATE second_factors SET confirmed_at = $3 WHERE user_id = $1),
     deleted AS (DELETE FROM recovery_codes WHERE user_id = $1)
INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])""",
)

_END = Statement(
    Nothing,
    """
WITH codes AS (DELETE FROM recovery_codes WHERE user_id = $1)
DELETE FROM second_factors WHERE user_id = $1""",
)

_STATE = Statement(
    FactorState,
    """
SELECT f.confirmed_at IS NOT NULL,
       (SELECT count(*)::int FROM recovery_codes AS c WHERE c.user_id = f.user_id AND c.used_at IS NULL)
  FROM second_factors AS f WHERE f.user_id = $1""",
)

_USE_RECOVERY_CODE = Statement(
    Nothing, "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL"
)

DATA_EXPORTS = [withheld("second_factors", "a sign-in secret"), withheld("recovery_codes", "hashes of sign-in secrets")]


async def begin(tx: Tx, user_id: UUID, sealed: bytes) -> None:
    """Store a sealed, unconfirmed secret. A confirmed secret is never replaced."""
    await tx.do(_BEGIN, user_id, sealed)


async def is_begun(reader: Reader, user_id: UUID) -> bool:
    """Return whether there is an unconfirmed secret."""
    return await reader.one(_IS_BEGUN, user_id) or False


async def secret(reader: Reader, user_id: UUID) -> bytes | None:
    """Return the sealed secret."""
    return await reader.one(_SECRET, user_id)


async def use_time_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Mark a time step as used; return False if it or a later one was already used."""
    return await tx.do(_USE_TIME_STEP, user_id, step) == 1


async def confirm(tx: Tx, user_id: UUID, hashes: list[bytes], *, at: datetime) -> None:
    """Confirm the secret and replace the recovery codes."""
    await tx.do(_CONFIRM, user_id, hashes, at)


async def end(tx: Tx, user_id: UUID) -> bool:
    return await tx.do(_END, user_id) == 1


async def state(reader: Reader, user_id: UUID) -> FactorState | None:
    return await reader.one(_STATE, user_id)


async def use_recovery_code(tx: Tx, user_id: UUID, hash: bytes) -> bool:
    """Mark a recovery code as used; return False if there is no such unused code."""
    return await tx.do(_USE_RECOVERY_CODE, user_id, hash) == 1
