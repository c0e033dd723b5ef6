"""Users with old and new rows in every table, for the tests of data isolation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pyotp
from tests.cast import PASSWORD, Person, made
from tests.conftest import System
from tests.contracts.calendar_accounts import add_account
from tests.contracts.conftest import Connection

NOTES = (
    "Photosynthesis converts light energy into chemical energy. "
    "Mitochondria release energy from glucose by respiration."
)
UNUSED_LANE = "nowhere"
"""A job lane that no worker reads, so that its jobs stay queued."""


@dataclass(frozen=True)
class Populated:
    """A user with rows in every table, and the ids of some of them."""

    id: UUID
    subject_id: UUID
    task_id: UUID


async def populate(system: System, admin: Connection, person: Person) -> Populated:
    """Create rows for a person in every table: some visible only to them, some visible to a purpose too."""
    subject = await person.subject("Reading")
    task = await person.task(subjectId=subject["id"], labels=["exam"], dueDate="2026-06-01")
    made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": "Open the book", "dueDate": "2026-06-01"}))
    await person.task("Revise", dueDate="2026-06-01", recurrence={"rule": "FREQ=WEEKLY"})
    await person.task("Write it down", dueAt="2026-05-01T10:00:00Z", priority="urgent")
    await person.attachment(task["id"])
    await person.attach(task["id"], name="old.txt")
    for key in ("old", "new"):
        await person.post(f"/api/tasks/{task['id']}/complete", {}, headers={"idempotency-key": key})
    await person.post(f"/api/tasks/{task['id']}/reopen", headers={"idempotency-key": "new"})
    for _ in range(2):
        await person.post("/api/realtime/ticket")
        await person.post("/api/auth/login", {"email": person.email, "password": PASSWORD})
    await _add_focus(person)
    await _add_security(person)
    await _add_ai(person)
    await _publish(admin, person)
    await _subscribe(admin, person)
    for _ in range(2):
        await add_account(system, person)
    await system.work()
    user_id = UUID(person.user["id"])
    await admin.execute(_AGE.format(user=user_id, lane=UNUSED_LANE))
    return Populated(user_id, UUID(subject["id"]), UUID(task["id"]))


async def _add_focus(person: Person) -> None:
    """Create a finished and a running focus session, and a preset."""
    for end in (True, False):
        session = made(await person.post("/api/focus-sessions", {"type": "pomodoro"}))
        if end:
            made(await person.post(f"/api/focus-sessions/{session['id']}/complete"), 200)
    preset = {"name": "Mine", "workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 10}
    made(await person.post("/api/focus-presets", preset))


async def _add_ai(person: Person) -> None:
    """Create proposals and a chat, each with calls of the built-in model."""
    for brief in ("Read chapter 5 and answer the questions.", "Write an essay about the causes of the war."):
        made(await person.post("/api/ai/taskify", {"brief": brief}), 200)
    assert (await person.post("/api/ai/tutor", {"message": "What is a prime number?"})).status_code == 200
    made(await person.post("/api/ai/memory", {"kind": "goal", "text": "Pass the exam."}))
    made(await person.post("/api/ai/practice-questions", {"text": NOTES}))
    made(await person.put("/api/ai/settings", {"off": ["history"]}), 200)
    made(await person.put("/api/ai/key", {"key": "sk-0123456789abcdef", "password": PASSWORD}), 200)


async def _publish(admin: Connection, person: Person) -> None:
    """Publish the calendar, which needs a verified address."""
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(person.user["id"]))
    made(await person.post("/api/calendar/feed", {}))


async def _subscribe(admin: Connection, person: Person) -> None:
    """Subscribe to a calendar, and add events and changes as if it had been read."""
    for url in ("https://127.0.0.1/one.ics", "https://127.0.0.1/two.ics"):
        feed = made(await person.post("/api/calendar/feeds", {"url": url}))
        await admin.execute(_FEED_ROWS, UUID(person.user["id"]), UUID(feed["id"]))


async def _add_security(person: Person) -> None:
    """Create an API key, two-factor authentication and data exports, each recorded in the audit log."""
    made(await person.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))
    secret = made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    made(await person.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(secret).now()}), 200)
    for _ in range(2):
        made(await person.post("/api/users/export"), 202)


async def clean_up(admin: Connection) -> None:
    """Delete the rows that would affect other tests."""
    await admin.execute(
        f"DELETE FROM jobs WHERE lane = '{UNUSED_LANE}'; DELETE FROM jobs_dead WHERE lane = '{UNUSED_LANE}'"
    )
    await admin.execute("DELETE FROM audit_anonymous WHERE action = 'tried'")
    await admin.execute("DELETE FROM audit_seals WHERE id >= 1000000")


_FEED_ROWS = """
WITH events AS (
INSERT INTO calendar_events (user_id, id, feed_id, uid, recurrence_id, title, description, location, url, start_date,
       end_date, busy, deadline, removed_at)
SELECT $1, gen_random_uuid(), $2, n::text, '', 'Essay', '', '', '', current_date, current_date + 1, false, true,
       now() - n * interval '60 days'
  FROM generate_series(1, 2) AS n), courses AS (
INSERT INTO calendar_courses (user_id, course) VALUES ($1, 'HIST 101') ON CONFLICT DO NOTHING)
INSERT INTO calendar_changes (user_id, id, feed_id, kind, title, at)
SELECT $1, gen_random_uuid(), $2, 'added', 'Essay', now() - n * interval '60 days' FROM generate_series(1, 2) AS n
"""

_AGE = """
UPDATE events SET at = now() - interval '31 days' WHERE user_id = '{user}' AND seq = 1;
UPDATE task_changes SET at = now() - interval '366 days' WHERE user_id = '{user}' AND kind = 'completed';
UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE user_id = '{user}' AND key = 'old';
UPDATE realtime_tickets SET expires_at = now() - interval '1 minute'
 WHERE hash = (SELECT min(hash) FROM realtime_tickets WHERE user_id = '{user}');
UPDATE sessions SET absolute_expires_at = now() - interval '2 days'
 WHERE id = (SELECT id FROM sessions WHERE user_id = '{user}' ORDER BY created_at DESC LIMIT 1);
UPDATE sessions SET revoked_at = now()
 WHERE id = (SELECT id FROM sessions WHERE user_id = '{user}' ORDER BY created_at DESC OFFSET 1 LIMIT 1);
UPDATE attachments SET created_at = now() - interval '25 hours' WHERE user_id = '{user}' AND name = 'old.txt';
UPDATE exports SET created_at = now() - interval '8 days', finished_at = now() - interval '8 days'
 WHERE id = (SELECT min(id::text)::uuid FROM exports WHERE user_id = '{user}');
UPDATE ai_calls SET created_at = now() - interval '91 days'
 WHERE id = (SELECT min(id::text)::uuid FROM ai_calls WHERE user_id = '{user}');
UPDATE ai_proposals SET created_at = now() - interval '91 days'
 WHERE id = (SELECT min(id::text)::uuid FROM ai_proposals WHERE user_id = '{user}');
INSERT INTO ai_pages (user_id, attachment_id, part, page, start, text)
SELECT user_id, attachment_id, 1000, 1, 1000, 'Not embedded yet.' FROM ai_pages WHERE user_id = '{user}' LIMIT 1;
INSERT INTO ai_assessed_exercises (user_id, digest, created_at)
SELECT '{user}', sha256(('exercise' || n)::bytea), now() - n * interval '1 day' FROM unnest(ARRAY[1, 366]) AS n;
INSERT INTO ai_days (user_id, day) VALUES ('{user}', current_date - 91);
INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
SELECT sha256(('{user}' || n)::bytea), '{user}', 'verify_email', 'a@example.org', now() + n * interval '1 hour'
  FROM unnest(ARRAY[-1, 1]) AS n;
INSERT INTO identities (user_id, issuer, subject, email, created_at)
VALUES ('{user}', 'https://accounts.example.org', '{user}', 'a@example.org', now());
INSERT INTO pending_sign_ins (hash, user_id, purpose, issuer, subject, email, expires_at)
SELECT sha256(('pending{user}' || n)::bytea), '{user}', 'link', '', '{user}', '', now() + n * interval '1 hour'
  FROM unnest(ARRAY[-1, 1]) AS n;
INSERT INTO sign_in_flows (hash, verifier, nonce, expires_at)
VALUES (sha256('flow{user}'), 'v', 'n', now() + interval '1 hour');
INSERT INTO audit_seals (id, first, last, hash, previous)
SELECT 1000000 + count(*), 1, 1, sha256('a{user}'), sha256('b{user}') FROM audit_seals;
INSERT INTO audit_anonymous (at, action, address, detail, sealed_in)
SELECT now(), 'tried', '', '{{}}', max(id) FROM audit_seals;
INSERT INTO jobs (user_id, kind, lane, payload) VALUES ('{user}', 'never', '{lane}', '{{}}');
INSERT INTO jobs_dead (id, user_id, kind, lane, payload, attempt, request_id, last_error, created_at, died_at)
SELECT (SELECT coalesce(max(id), 0) FROM jobs_dead) + n, '{user}', 'never', '{lane}', '{{}}', 8, '', 'broke', now(),
       now() - n * interval '20 days'
  FROM generate_series(1, 2) AS n;
"""
