"""Calendar accounts as if they had been connected, for contracts that have no calendar server."""

from __future__ import annotations

from uuid import UUID, uuid4

from tests.cast import Person, made
from tests.conftest import System

from studyteddy.features.calendar.providers.caldav_account import CalDavCredential

_ADD = """
WITH account AS (
INSERT INTO calendar_accounts (user_id, id, provider, owner_key, address, credential, access, state, failures, writes,
       asked_at, next_sync_at, created_at)
VALUES ($1, $2::uuid, 'caldav', $2::uuid::text, 'ada@example.org', $6, 'events', 'reconnect', 0, false,
       now() - interval '1 hour', now() + interval '1 day', now())), calendar AS (
INSERT INTO account_calendars (user_id, id, account_id, ref, name, color, position, busy, ours, token)
VALUES ($1, $3, $2, 'work', 'Work', '', 0, true, false, '')), copy AS (
INSERT INTO calendar_copies (user_id, calendar_id, session_id, ref, etag, title, starts_at, ends_at)
VALUES ($1, $3, $5, 'one', '', 'Essay', now(), now())), event AS (
INSERT INTO calendar_events (user_id, id, calendar_id, ref, uid, recurrence_id, title, description, location, url,
       start_date, end_date, busy, deadline)
VALUES ($1, gen_random_uuid(), $3, 'two', 'two', '', 'Lecture', '', '', '', current_date, current_date + 1, true, false)
), another AS (
INSERT INTO account_calendars (user_id, id, account_id, ref, name, color, position, busy, ours, token)
VALUES ($1, $2, $2, 'home', 'Home', '', 1, false, false, '')), channel AS (
INSERT INTO calendar_channels (user_id, calendar_id, provider, channel, resource, secret_hash, expires_at)
SELECT $1, one.id, 'google', one.id, '', sha256(one.id::text::bytea), now() + one.n * interval '1 hour'
  FROM (VALUES ($2::uuid, -1), ($3::uuid, 1)) AS one(id, n)), connection AS (
INSERT INTO calendar_connections (user_id, hash, provider, verifier, expires_at)
SELECT $1, sha256(gen_random_uuid()::text::bytea), 'google', '', now() + n * interval '1 hour'
  FROM unnest(ARRAY[-1, 1]) AS n), old AS (
INSERT INTO calendar_conflicts (user_id, id, account_id, session_id, kind, title, here, there, kept, at)
VALUES ($1, gen_random_uuid(), $2, $5, 'deleted', 'Essay', '', '', 'here', now() - interval '91 days'))
INSERT INTO calendar_conflicts (user_id, id, account_id, session_id, kind, title, here, there, kept, at)
VALUES ($1, $4, $2, $5, 'title', 'Essay', 'Essay', 'Thesis', 'here', now())
"""


async def add_account(system: System, person: Person, *, session_id: str | None = None) -> dict[str, str]:
    """Add an account with rows in each of its tables; return the ids of the account, a calendar and a conflict.

    Its server can't be reached: it has a private address.
    """
    account, calendar, conflict = uuid4(), uuid4(), uuid4()
    admin = await system.admin()
    session, user_id = UUID(session_id) if session_id else uuid4(), UUID(person.user["id"])
    credential = CalDavCredential("https://10.0.0.1/", "ada", "secret")
    sealed = system.running.calendar_connections.sealed(credential, account_id=account, user_id=user_id)
    await admin.execute(_ADD, user_id, account, calendar, conflict, session, sealed)
    await admin.close()
    return {"account_id": str(account), "calendar_id": str(calendar), "conflict_id": str(conflict)}


async def planned(system: System, person: Person, start: str) -> str:
    """Schedule a focus session and return its id."""
    body = {"type": "custom", "plannedMinutes": 30, "startAt": start}
    return str(made(await person.post("/api/focus-sessions", body))["id"])
