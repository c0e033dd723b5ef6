"""SQL statements for the notifications of calendars: one channel for each calendar that is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from studyteddy.features.calendar.schemas.channels import FoundChannel, NotifiedCalendar, StoredChannel
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import withheld
from studyteddy.platform.privacy.retention import expiring

_FIND = Statement(
    FoundChannel,
    "SELECT user_id, calendar_id, channel, secret_hash FROM calendar_channels"
    " WHERE provider = $1 AND channel = ANY($2::text[]) LIMIT 1000",
)

_GET = Statement(
    StoredChannel, "SELECT channel, resource FROM calendar_channels WHERE user_id = $1 AND calendar_id = $2"
)

_OF_ACCOUNT = Statement(
    StoredChannel,
    """
SELECT h.channel, h.resource
  FROM calendar_channels AS h JOIN account_calendars AS c ON c.user_id = h.user_id AND c.id = h.calendar_id
 WHERE h.user_id = $1 AND c.account_id = $2 LIMIT 200""",
)

# The calendar may have been deleted meanwhile.
_PUT = Statement(
    Nothing,
    """
INSERT INTO calendar_channels (user_id, calendar_id, provider, channel, resource, secret_hash, expires_at)
SELECT $1, c.id, $3, $4, $5, $6, $7 FROM account_calendars AS c WHERE c.user_id = $1 AND c.id = $2
ON CONFLICT (user_id, calendar_id) DO UPDATE
   SET channel = EXCLUDED.channel, resource = EXCLUDED.resource, secret_hash = EXCLUDED.secret_hash,
       expires_at = EXCLUDED.expires_at""",
)

_EXTEND = Statement(
    Nothing, "UPDATE calendar_channels SET expires_at = $3 WHERE user_id = $1 AND calendar_id = $2 AND channel = $4"
)

_DELETE = Statement(Nothing, "DELETE FROM calendar_channels WHERE user_id = $1 AND calendar_id = $2")

_WATCH_AT = Statement(Nothing, "UPDATE account_calendars SET watch_at = $3 WHERE user_id = $1 AND id = $2")

_NOTIFIED = Statement(
    NotifiedCalendar,
    """
SELECT a.id AS account_id,
       c.notified AND a.asked_at IS DISTINCT FROM a.taken_at AND a.asked_at > $3::timestamptz AS is_asked
  FROM account_calendars AS c JOIN calendar_accounts AS a ON a.user_id = c.user_id AND a.id = c.account_id
 WHERE c.user_id = $1 AND c.id = $2""",
)

_NOTIFY = Statement(
    Nothing,
    """
UPDATE account_calendars
   SET notified = true, token = CASE WHEN $3 THEN '' ELSE token END, watch_at = CASE WHEN $4 THEN NULL ELSE watch_at END
 WHERE user_id = $1 AND id = $2""",
)

# Until it is read, it counts as one that wasn't.
_TAKE_NOTICE = Statement(
    Nothing, "UPDATE account_calendars SET notified = false, read_at = NULL WHERE user_id = $1 AND id = $2"
)

DATA_EXPORTS = [withheld("calendar_channels", "names and hashes of secrets by which providers notify the program")]
RETENTION = [expiring("calendar_channels", "(user_id, calendar_id)", "expires_at < now()")]


async def find(tx: Tx, provider: str, channels: Sequence[str]) -> list[FoundChannel]:
    """Return the channels with these names, of any student; needs the system purpose `sign_in`."""
    return await tx.all(_FIND, provider, list(channels))


async def get(reader: Reader, user_id: UUID, calendar_id: UUID) -> StoredChannel | None:
    return await reader.one(_GET, user_id, calendar_id)


async def of_account(reader: Reader, user_id: UUID, account_id: UUID) -> list[StoredChannel]:
    return await reader.all(_OF_ACCOUNT, user_id, account_id)


async def put(
    tx: Tx,
    user_id: UUID,
    calendar_id: UUID,
    *,
    provider: str,
    channel: str,
    resource: str,
    secret_hash: bytes,
    expires_at: datetime,
) -> None:
    """Keep the channel of a calendar instead of the one before."""
    await tx.do(_PUT, user_id, calendar_id, provider, channel, resource, secret_hash, expires_at)


async def extend(tx: Tx, user_id: UUID, calendar_id: UUID, *, channel: str, expires_at: datetime) -> None:
    await tx.do(_EXTEND, user_id, calendar_id, expires_at, channel)


async def delete(tx: Tx, user_id: UUID, calendar_id: UUID) -> None:
    await tx.do(_DELETE, user_id, calendar_id)


async def watch_at(tx: Tx, user_id: UUID, calendar_id: UUID, at: datetime | None) -> None:
    """Record when notifications of a calendar are asked for again; None if it has none."""
    await tx.do(_WATCH_AT, user_id, calendar_id, at)


async def notified(tx: Tx, user_id: UUID, calendar_id: UUID, *, since: datetime) -> NotifiedCalendar | None:
    """Return the account of a calendar, and whether a job that was asked for since then will read the calendar."""
    return await tx.one(_NOTIFIED, user_id, calendar_id, since)


async def notify(tx: Tx, user_id: UUID, calendar_id: UUID, *, anew: bool, watch: bool) -> None:
    """Record that a calendar changed; `anew` that all of it is read, `watch` that notifications are asked for again."""
    await tx.do(_NOTIFY, user_id, calendar_id, anew, watch)


async def take_notice(tx: Tx, user_id: UUID, calendar_id: UUID) -> None:
    """Record that a calendar that changed is read from now on: what changes after that is another change."""
    await tx.do(_TAKE_NOTICE, user_id, calendar_id)
