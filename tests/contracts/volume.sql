-- 300 students with 200 tasks each, and what follows from them; keys are not checked, for speed.
SET session_replication_role = replica;

CREATE FUNCTION pg_temp.id(kind text, n int, m int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT md5(kind || n || ' ' || m)::uuid $$;

CREATE TEMPORARY TABLE student AS
SELECT n, CASE n WHEN 1 THEN '0197a3f0-0000-7000-8000-000000000000' ELSE pg_temp.id('user', n, 0) END AS id
  FROM generate_series(1, 300) AS n;

CREATE TEMPORARY TABLE entry AS
SELECT s.n, s.id AS user_id, m, date '2026-01-01' + m AS day, now() - m * interval '1 hour' AS at
  FROM student AS s, generate_series(1, 200) AS m;

INSERT INTO users (id, email, name, created_at, updated_at)
SELECT id, n || '@example.org', 'Someone', now(), now() FROM student;

-- Many more accounts, of people who have not begun.
INSERT INTO users (id, email, name, created_at, updated_at)
SELECT pg_temp.id('idle', n, 0), n || '@example.com', 'Someone', now(), now() FROM generate_series(1, 20000) AS n;

INSERT INTO event_counters (user_id, last_seq) SELECT id, 200 FROM users;

INSERT INTO sessions (id, user_id, expires_at, absolute_expires_at)
SELECT pg_temp.id('session', n, m), user_id, now() + interval '7 days', now() + interval '30 days' FROM entry WHERE m <= 20;

INSERT INTO realtime_tickets (hash, user_id, session_id, expires_at)
SELECT sha256((n || ' ' || m)::bytea), user_id, pg_temp.id('session', n, m), now() + interval '30 s' FROM entry WHERE m <= 20;

INSERT INTO subjects (id, user_id, name, color, created_at, updated_at, words)
SELECT pg_temp.id('subject', n, m), user_id, 'Subject ' || m, '#000000', now(), now(),
       to_tsvector('simple', 'Subject ' || m) FROM entry WHERE m <= 20;

INSERT INTO tasks (id, user_id, subject_id, title, status, priority, due_date, labels, completed_at, created_at, updated_at,
                   words)
SELECT pg_temp.id('task', n, m), user_id, pg_temp.id('subject', n, 1 + m % 20), 'Task ' || m,
       CASE WHEN m % 3 = 0 THEN 'pending' ELSE 'completed' END, CASE WHEN m % 5 = 0 THEN 'high' ELSE 'medium' END, day,
       CASE WHEN m % 7 = 0 THEN array['exam'] ELSE '{}' END, CASE WHEN m % 3 > 0 THEN now() END, at, at,
       setweight(to_tsvector('simple', 'Task ' || m), 'A')
  FROM entry;

INSERT INTO task_series (id, user_id, rule, mode, missed, starts, time_zone, title, description, priority, labels,
                         created_at, updated_at)
SELECT pg_temp.id('series', n, m), user_id, 'FREQ=WEEKLY', 'schedule', 'skip', day::text, 'UTC', 'Sheet', '',
       'medium', '{}', at, at
  FROM entry WHERE m <= 50;

-- Every fourth task is an occurrence.
UPDATE tasks SET series_id = pg_temp.id('series', e.n, 1 + e.m % 50), occurrence = e.day::text
  FROM entry AS e WHERE tasks.user_id = e.user_id AND tasks.id = pg_temp.id('task', e.n, e.m) AND e.m % 4 = 0;

INSERT INTO task_changes (id, user_id, task_id, at, kind, changes)
SELECT pg_temp.id('change', n, m), user_id, pg_temp.id('task', n, 1 + m / 5), at, 'updated', '{}' FROM entry;

INSERT INTO subtasks (id, user_id, task_id, title, position, due_date, created_at, updated_at, words)
SELECT pg_temp.id('step', n, m), user_id, pg_temp.id('task', n, 1 + m / 5), 'Step', m % 5, day, at, at, 'step:1C'
  FROM entry;

INSERT INTO events (user_id, seq, at, type, data) SELECT user_id, 201 - m, at, 'task.updated', '{}' FROM entry;

INSERT INTO idempotency_keys (user_id, scope, key, fingerprint, status, body)
SELECT user_id, 'POST /api/tasks', m::text, '', 200, '' FROM entry WHERE m <= 50;

INSERT INTO notifications (id, user_id, type, title, source, read, created_at)
SELECT pg_temp.id('note', n, m), user_id, 'task_completed', 'Done', m::text, m % 10 > 0, at FROM entry;

INSERT INTO daily_progress (user_id, day, subject_id, tasks_completed)
SELECT user_id, day, pg_temp.id('subject', n, 1 + m % 20), 1 FROM entry;

INSERT INTO points_ledger (id, user_id, rule, object_id, version, points, local_date, at)
SELECT pg_temp.id('point', n, m), user_id, 'task.completed', pg_temp.id('task', n, m), 1, 10, day, at FROM entry;

INSERT INTO api_keys (id, user_id, name, prefix, hash, scopes, created_at)
SELECT pg_temp.id('key', n, m), user_id, 'Script', 'st_12345', sha256(('key' || n || ' ' || m)::bytea), '{read}', at
  FROM entry WHERE m <= 20;

INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
SELECT sha256(('mail' || n || ' ' || m)::bytea), user_id, 'verify_email', n || '@example.org', now() + interval '1 day'
  FROM entry WHERE m <= 20;

INSERT INTO second_factors (user_id, secret) SELECT id, sha256(email::bytea) FROM users;

INSERT INTO recovery_codes (user_id, hash) SELECT user_id, sha256((n || ' ' || m)::bytea) FROM entry WHERE m <= 20;

INSERT INTO identities (user_id, issuer, subject, email, created_at)
SELECT id, 'https://accounts.example.com', id::text, email, now() FROM users;

INSERT INTO pending_sign_ins (hash, user_id, purpose, issuer, subject, email, expires_at)
SELECT sha256(('pending' || n || ' ' || m)::bytea), user_id, 'link', '', '', '', now() + interval '10 minutes'
  FROM entry WHERE m <= 20;

INSERT INTO sign_in_flows (hash, verifier, nonce, expires_at)
SELECT sha256(('flow' || n || ' ' || m)::bytea), '', '', now() + interval '10 minutes' FROM entry WHERE m <= 20;

INSERT INTO attachments (id, user_id, task_id, name, type, size, status, token, created_at, updated_at)
SELECT pg_temp.id('attachment', n, m), user_id, pg_temp.id('task', n, 1 + m / 5), 'a.pdf', 'application/pdf', 1,
       CASE WHEN m = 1 THEN 'waiting' ELSE 'ready' END, md5(n || ' ' || m), at, at
  FROM entry;

INSERT INTO exports (id, user_id, created_at) SELECT pg_temp.id('export', n, m), user_id, at FROM entry WHERE m <= 20;

INSERT INTO audit_heads (user_id, seq, hash) SELECT id, 200, sha256('') FROM users;

INSERT INTO audit_log (user_id, seq, at, action, address, detail, hash)
SELECT user_id, m, at, 'signed_in', '', '{}', sha256('') FROM entry;

INSERT INTO focus_sessions (id, user_id, type, status, version, task_id, subject_id, planned_minutes, scheduled_at, started_at,
                            paused_seconds, ends_at, overdue_at, ended_at, ended_by, effective_minutes, day, notes, interruptions,
                            interruption_notes, backfilled, late, created_at, updated_at)
SELECT pg_temp.id('focus', n, m), user_id, 'custom', CASE WHEN m = 1 THEN 'active' ELSE 'completed' END, 2,
       pg_temp.id('task', n, m), pg_temp.id('subject', n, 1 + m % 20), 25, NULL, at, 0,
       CASE WHEN m = 1 THEN at + interval '25 min' END, CASE WHEN m = 1 THEN at + interval '40 min' END,
       CASE WHEN m > 1 THEN at + interval '25 min' END, CASE WHEN m > 1 THEN 'user' END, CASE WHEN m > 1 THEN 25 ELSE 0 END,
       day, '', 0, '[]', false, false, at, at
  FROM entry;

INSERT INTO focus_presets (id, user_id, name, work_minutes, short_break_minutes, long_break_minutes, cycles, created_at, updated_at)
SELECT pg_temp.id('preset', n, m), user_id, 'Rhythm ' || m, 25, 5, 15, 4, at, at FROM entry WHERE m <= 20;

ANALYZE;
