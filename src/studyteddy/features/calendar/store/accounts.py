"""SQL statements for calendar accounts and their calendars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from studyteddy.features.calendar.schemas.accounts import (
    Access,
    AccountCalendar,
    CalendarAccount,
    DueAccount,
    ListedCalendar,
    ProviderName,
    State,
    StoredAccount,
    StoredCalendar,
)
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.security.encryption import SealedColumn

SEALED_COLUMNS = [SealedColumn("calendar_accounts", "credential")]

_SHOWN = (
    "id, provider, address, access, state, problem, problem_code, writes, events_read, last_sync_at, next_sync_at,"
    " created_at"
)

_STORED = (
    "id, provider, address, credential, state, failures, writes, removes_events, asked_at, taken_at, listed_at,"
    " last_sync_at, job, rests, runs_until"
)

_CALENDAR = "id, ref, name, busy, ours, token, window_start, was_empty, missing, read_at, notified, watch_at"


class _Account(msgspec.Struct, frozen=True):
    id: UUID
    provider: ProviderName
    address: str
    access: Access
    state: State
    problem: str | None
    problem_code: str | None
    writes: bool
    events_read: int | None
    last_sync_at: datetime | None
    next_sync_at: datetime
    created_at: datetime


class _OfAccount(msgspec.Struct, frozen=True):
    account_id: UUID
    id: UUID
    name: str
    color: str
    busy: bool
    ours: bool


_ALL = Statement(
    _Account,
    f"SELECT {_SHOWN} FROM calendar_accounts WHERE user_id = $1 AND state <> 'leaving' ORDER BY created_at, id"
    " LIMIT 100",
)

_CALENDARS = Statement(
    _OfAccount,
    "SELECT account_id, id, name, color, busy, ours FROM account_calendars WHERE user_id = $1 ORDER BY position, id",
)

_LOCK = Statement(StoredAccount, f"SELECT {_STORED} FROM calendar_accounts WHERE user_id = $1 AND id = $2 FOR UPDATE")

_OF_OWNER = Statement(
    StoredAccount,
    f"SELECT {_STORED} FROM calendar_accounts WHERE user_id = $1 AND provider = $2 AND owner_key = $3 FOR UPDATE",
)

_COUNT = Statement(int, "SELECT count(*)::int FROM calendar_accounts WHERE user_id = $1 AND state <> 'leaving'")

_WRITING = Statement(
    UUID,
    "SELECT id FROM calendar_accounts WHERE user_id = $1 AND writes"
    " AND (state = 'ok' OR state = 'failing' AND next_sync_at <= $2) LIMIT 100",
)

_HAS_WRITER = Statement(
    bool, "SELECT EXISTS (SELECT FROM calendar_accounts WHERE user_id = $1 AND writes AND state <> 'leaving')"
)

_PUT = Statement(
    Nothing,
    """
INSERT INTO calendar_accounts (user_id, id, provider, owner_key, address, credential, access, state, failures, writes,
       asked_at, next_sync_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $10, 'ok', 0, $7, $8, $9, $8)
ON CONFLICT (user_id, id) DO UPDATE
   SET address = EXCLUDED.address, credential = EXCLUDED.credential, access = EXCLUDED.access, state = 'ok',
       problem = NULL, problem_code = NULL, failures = 0, asked_at = EXCLUDED.asked_at,
       next_sync_at = EXCLUDED.next_sync_at, listed_at = NULL""",
)

_READ_AGAIN = Statement(
    Nothing,
    "UPDATE account_calendars SET token = '', read_at = NULL, watch_at = NULL WHERE user_id = $1 AND account_id = $2",
)

_ASK = Statement(
    Nothing,
    """
UPDATE calendar_accounts SET asked_at = $3, listed_at = CASE WHEN $4 THEN NULL ELSE listed_at END
 WHERE user_id = $1 AND id = $2 AND (NOT $5 OR next_sync_at <= $3 AND asked_at <= $3::timestamptz - $6::interval)""",
)

_BEGIN = Statement(
    Nothing,
    """
UPDATE calendar_accounts SET runner = $3, job = $5, runs_until = $4, taken_at = asked_at
 WHERE user_id = $1 AND id = $2""",
)

_BEAT = Statement(
    Nothing,
    """
UPDATE calendar_accounts SET runs_until = $4
 WHERE user_id = $1 AND id = $2 AND runner = $3 AND (NOT $5 OR state = 'leaving')""",
)

_RELEASE = Statement(
    Nothing,
    """
UPDATE calendar_accounts SET runner = NULL, job = NULL, runs_until = NULL, events_read = NULL
 WHERE user_id = $1 AND id = $2 AND runner = $3""",
)

_STOP = Statement(
    UUID,
    """
UPDATE calendar_accounts
   SET state = 'reconnect', problem = $2, problem_code = $3, runner = NULL, job = NULL, runs_until = NULL
 WHERE user_id = $1 AND state IN ('ok', 'failing') RETURNING id""",
)

_FORGET_CONNECTIONS = Statement(Nothing, "DELETE FROM calendar_connections WHERE user_id = $1")

_IS_READ = Statement(bool, "SELECT busy OR ours FROM account_calendars WHERE user_id = $1 AND id = $2 FOR SHARE")

_PROGRESS = Statement(Nothing, "UPDATE calendar_accounts SET events_read = $3 WHERE user_id = $1 AND id = $2")

_END = Statement(
    Nothing,
    """
UPDATE calendar_accounts
   SET state = CASE WHEN state = 'leaving' THEN state ELSE $3 END, problem = $4, problem_code = $9, failures = $5,
       next_sync_at = $6, last_sync_at = CASE WHEN $7 THEN $8 ELSE last_sync_at END, runner = NULL, job = NULL,
       runs_until = NULL, events_read = NULL, rests = $10
 WHERE user_id = $1 AND id = $2""",
)

_SET_CREDENTIAL = Statement(Nothing, "UPDATE calendar_accounts SET credential = $3 WHERE user_id = $1 AND id = $2")

_SET_WRITES = Statement(Nothing, "UPDATE calendar_accounts SET writes = $3 WHERE user_id = $1 AND id = $2")

_LISTED = Statement(Nothing, "UPDATE calendar_accounts SET listed_at = $3 WHERE user_id = $1 AND id = $2")

# A job that runs ends with its next transaction, unless it may be writing what will have to be removed.
_LEAVE = Statement(
    Nothing,
    """
UPDATE calendar_accounts
   SET state = 'leaving', failures = 0, removes_events = $3, runner = CASE WHEN $3 THEN runner END,
       runs_until = CASE WHEN $3 THEN runs_until END
 WHERE user_id = $1 AND id = $2""",
)

_DELETE = Statement(Nothing, "DELETE FROM calendar_accounts WHERE user_id = $1 AND id = $2")

_DUE = Statement(
    DueAccount,
    "SELECT user_id, id FROM calendar_accounts WHERE next_sync_at <= $1::timestamptz AND state <> 'reconnect'"
    " AND asked_at <= $1::timestamptz - $2::interval ORDER BY next_sync_at LIMIT $3",
)

_STALE = Statement(
    int,
    "SELECT count(*)::int FROM calendar_accounts"
    " WHERE coalesce(last_sync_at, created_at) < $1::timestamptz AND state <> 'reconnect'",
)

_CALENDARS_OF = Statement(
    StoredCalendar,
    f"SELECT {_CALENDAR} FROM account_calendars WHERE user_id = $1 AND account_id = $2 ORDER BY position, id",
)

_PUT_CALENDARS = Statement(
    Nothing,
    """
INSERT INTO account_calendars (user_id, id, account_id, ref, name, color, position, busy, ours, token)
SELECT $1, gen_random_uuid(), $2, c.ref, c.name, c.color, c.position, c.busy, false, ''
  FROM jsonb_to_recordset($3::text::jsonb) AS c(ref text, name text, color text, position integer, busy boolean)
ON CONFLICT (user_id, account_id, ref) DO UPDATE
   SET name = EXCLUDED.name, color = EXCLUDED.color, position = EXCLUDED.position, missing = false""",
)

_PUT_OURS = Statement(
    Nothing,
    """
INSERT INTO account_calendars (user_id, id, account_id, ref, name, color, position, busy, ours, token)
VALUES ($1, $2, $3, $4, $5, $6, 1000, true, true, '')
ON CONFLICT (user_id, account_id, ref) DO UPDATE SET ours = true, busy = true, missing = false, token = ''""",
)

_KEEP_CALENDARS = Statement(
    Nothing,
    """
DELETE FROM account_calendars
 WHERE user_id = $1 AND account_id = $2 AND (missing OR ref = $4) AND NOT ref = ANY($3::text[])""",
)

_MISS_CALENDARS = Statement(
    Nothing,
    "UPDATE account_calendars SET missing = true WHERE user_id = $1 AND account_id = $2 AND NOT ref = ANY($3::text[])",
)

_CHOOSE = Statement(
    Nothing,
    """
UPDATE account_calendars SET busy = $4, token = CASE WHEN busy = $4 THEN token ELSE '' END, read_at = NULL
 WHERE user_id = $1 AND account_id = $2 AND id = $3 AND NOT ours""",
)

_END_ROUND = Statement(
    Nothing,
    """
UPDATE account_calendars
   SET token = $3, window_start = coalesce($4, window_start), was_empty = $5, read_at = $6
 WHERE user_id = $1 AND id = $2""",
)

DATA_EXPORTS = [
    exported("calendar_accounts", f"{_SHOWN}, failures"),
    exported("account_calendars", "id, account_id, name, color, busy, ours, read_at"),
]


async def all_of(reader: Reader, user_id: UUID) -> list[CalendarAccount]:
    """Return the accounts of a student with their calendars, the oldest first."""
    calendars = defaultdict[UUID, list[AccountCalendar]](list)
    for one in await reader.all(_CALENDARS, user_id):
        calendars[one.account_id].append(AccountCalendar(one.id, one.name, one.color, one.busy, one.ours))
    return [
        CalendarAccount(**msgspec.structs.asdict(one), calendars=calendars[one.id])
        for one in await reader.all(_ALL, user_id)
    ]


async def get(reader: Reader, user_id: UUID, account_id: UUID) -> CalendarAccount | None:
    return next((one for one in await all_of(reader, user_id) if one.id == account_id), None)


async def lock(tx: Tx, user_id: UUID, account_id: UUID) -> StoredAccount | None:
    return await tx.one(_LOCK, user_id, account_id)


async def of_owner(tx: Tx, user_id: UUID, provider: str, owner_key: str) -> StoredAccount | None:
    """Return the account that this owner has at the provider, and lock it."""
    return await tx.one(_OF_OWNER, user_id, provider, owner_key)


async def count(tx: Tx, user_id: UUID) -> int:
    return await tx.one(_COUNT, user_id) or 0


async def writing(tx: Tx, user_id: UUID) -> list[UUID]:
    """Return the accounts into which focus sessions are written now: not those that wait after a failure."""
    return await tx.all(_WRITING, user_id, tx.now)


async def has_writer(tx: Tx, user_id: UUID) -> bool:
    """Return whether focus sessions are written into an account."""
    return await tx.one(_HAS_WRITER, user_id) or False


async def put(
    tx: Tx,
    user_id: UUID,
    account_id: UUID,
    *,
    provider: str,
    owner_key: str,
    address: str,
    credential: bytes,
    access: Access,
    writes: bool,
    next_sync: datetime,
) -> None:
    """Add an account with its sealed credential, or replace that; it is synchronized at once, in full."""
    await tx.do(_PUT, user_id, account_id, provider, owner_key, address, credential, writes, tx.now, next_sync, access)
    await tx.do(_READ_AGAIN, user_id, account_id)


async def ask(tx: Tx, user_id: UUID, account_id: UUID, *, lists: bool = False) -> bool:
    """Record that an account is to be synchronized now, `lists` with a new list; return False if it isn't there."""
    return await tx.do(_ASK, user_id, account_id, tx.now, lists, False, timedelta()) == 1


async def claim(tx: Tx, user_id: UUID, account_id: UUID, *, within: timedelta) -> bool:
    """Record that an account is to be synchronized now; return False if it isn't due, or was claimed lately."""
    return await tx.do(_ASK, user_id, account_id, tx.now, False, True, within) == 1


async def begin(tx: Tx, user_id: UUID, account_id: UUID, *, runner: int, job: int, until: datetime) -> None:
    """Give an account to an attempt of a job."""
    await tx.do(_BEGIN, user_id, account_id, runner, until, job)


async def beat(tx: Tx, user_id: UUID, account_id: UUID, *, runner: int, until: datetime, leaving: bool) -> bool:
    """Extend the lease of a runner, and return whether it still has it, and the account still leaves if `leaving`."""
    return await tx.do(_BEAT, user_id, account_id, runner, until, leaving) == 1


async def release(tx: Tx, user_id: UUID, account_id: UUID, *, runner: int) -> bool:
    """End the lease of a runner; return False if another one has it."""
    return await tx.do(_RELEASE, user_id, account_id, runner) == 1


async def stop(tx: Tx, user_id: UUID, *, problem: str, code: str) -> list[UUID]:
    """Let no account be synchronized until it is connected again; return those that were."""
    await tx.do(_FORGET_CONNECTIONS, user_id)
    return await tx.all(_STOP, user_id, problem, code)


async def progress(tx: Tx, user_id: UUID, account_id: UUID, *, events_read: int) -> None:
    """Record how many events were read so far."""
    await tx.do(_PROGRESS, user_id, account_id, events_read)


async def end(
    tx: Tx,
    user_id: UUID,
    account_id: UUID,
    *,
    state: str,
    problem: str | None,
    problem_code: str | None,
    failures: int,
    next_sync: datetime,
    synced: bool,
    rests: int,
) -> None:
    """Record how synchronizing an account ended."""
    await tx.do(_END, user_id, account_id, state, problem, failures, next_sync, synced, tx.now, problem_code, rests)


async def set_credential(tx: Tx, user_id: UUID, account_id: UUID, credential: bytes) -> None:
    await tx.do(_SET_CREDENTIAL, user_id, account_id, credential)


async def set_writes(tx: Tx, user_id: UUID, account_id: UUID, *, writes: bool) -> None:
    await tx.do(_SET_WRITES, user_id, account_id, writes)


async def leave(tx: Tx, user_id: UUID, account_id: UUID, *, removes_events: bool) -> None:
    """Record that an account is forgotten once its notifications and, if wished, what was written into it are gone."""
    await tx.do(_LEAVE, user_id, account_id, removes_events)


async def delete(tx: Tx, user_id: UUID, account_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, account_id) == 1


async def due(tx: Tx, *, at: datetime, within: timedelta, limit: int) -> list[DueAccount]:
    """Return the accounts of all students that are due and weren't claimed lately; needs the system purpose `tidy`."""
    return await tx.all(_DUE, at, within, limit)


async def stale(tx: Tx, *, before: datetime) -> int:
    """Return how many accounts of all students weren't synchronized lately; needs the system purpose `tidy`."""
    return await tx.one(_STALE, before) or 0


async def calendars(reader: Reader, user_id: UUID, account_id: UUID) -> list[StoredCalendar]:
    return await reader.all(_CALENDARS_OF, user_id, account_id)


async def put_calendars(tx: Tx, user_id: UUID, account_id: UUID, found: Sequence[ListedCalendar], *, gone: str) -> None:
    """Keep the calendars that an account has now; one that two lists lack, or that is `gone`, is forgotten."""
    rows = msgspec.json.encode(found).decode()
    await tx.do(_PUT_CALENDARS, user_id, account_id, rows)
    refs = [one.ref for one in found]
    await tx.do(_KEEP_CALENDARS, user_id, account_id, refs, gone)
    await tx.do(_MISS_CALENDARS, user_id, account_id, refs)
    await tx.do(_LISTED, user_id, account_id, tx.now)


async def put_ours(
    tx: Tx, user_id: UUID, account_id: UUID, calendar_id: UUID, *, ref: str, name: str, color: str
) -> None:
    """Keep the calendar that was made for focus sessions."""
    await tx.do(_PUT_OURS, user_id, calendar_id, account_id, ref, name, color)


async def is_read(tx: Tx, user_id: UUID, calendar_id: UUID) -> bool:
    """Return whether a calendar is still there and read, and keep it so until the transaction ends."""
    return await tx.one(_IS_READ, user_id, calendar_id) or False


async def choose(tx: Tx, user_id: UUID, account_id: UUID, calendar_id: UUID, *, busy: bool) -> bool:
    """Set whether a calendar is read; return False if it isn't there, or ours."""
    return await tx.do(_CHOOSE, user_id, account_id, calendar_id, busy) == 1


async def end_round(
    tx: Tx, user_id: UUID, calendar_id: UUID, *, token: str, window_start: date | None, was_empty: bool
) -> None:
    """Record that a calendar was read, with the window if it was read in full."""
    await tx.do(_END_ROUND, user_id, calendar_id, token, window_start, was_empty, tx.now)
