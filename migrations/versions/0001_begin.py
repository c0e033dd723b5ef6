"""Create accounts, subjects, tasks, events, jobs, notifications, progress, and points, with row-level security."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0001"
down_revision = None

# The current user, and the purpose of a system transaction. As subqueries, they are evaluated once per statement.
ME = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
PURPOSE = "(SELECT current_setting('app.purpose', true))"

TABLES = """
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    password_hash text,
    role text NOT NULL DEFAULT 'student' CHECK (role IN ('student', 'operator')),
    time_zone text NOT NULL DEFAULT 'UTC',
    day_start smallint NOT NULL DEFAULT 240 CHECK (day_start BETWEEN 0 AND 1439),
    locale text NOT NULL DEFAULT 'en',
    week_start smallint NOT NULL DEFAULT 1 CHECK (week_start BETWEEN 1 AND 7),
    email_verified_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- Addresses are stored in lower case: lower() isn't leakproof, so with a policy, an index on it wouldn't be used.
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    generation integer NOT NULL DEFAULT 0,
    rotated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    client text NOT NULL DEFAULT '' CHECK (length(client) <= 300),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_ended ON sessions (absolute_expires_at);

CREATE TABLE subjects (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    color text NOT NULL CHECK (color ~ '^#[0-9a-fA-F]{6}$'),
    icon text CHECK (length(icon) <= 50),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    resources jsonb NOT NULL DEFAULT '[]',
    weekly_target_minutes integer CHECK (weekly_target_minutes BETWEEN 1 AND 10080),
    archived boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX subjects_name ON subjects (user_id, lower(name));
CREATE INDEX subjects_sorted ON subjects (user_id, (lower(name) COLLATE "C"), id);

CREATE TABLE tasks (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    subject_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 10000),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed', 'cancelled')),
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    priority_rank smallint NOT NULL GENERATED ALWAYS AS
        (CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END) STORED,
    due_date date,
    due_at timestamptz,
    due_zone text,
    due_sort timestamptz NOT NULL GENERATED ALWAYS AS
        (coalesce(due_at, (due_date + 1)::timestamp AT TIME ZONE coalesce(due_zone, 'UTC'), 'infinity')) STORED,
    start_date date,
    estimated_minutes integer CHECK (estimated_minutes BETWEEN 1 AND 10080),
    actual_minutes integer NOT NULL DEFAULT 0 CHECK (actual_minutes >= 0),
    labels text[] NOT NULL DEFAULT '{}' CHECK (cardinality(labels) <= 20),
    subtask_count integer NOT NULL DEFAULT 0 CHECK (subtask_count BETWEEN 0 AND 200),
    subtasks_completed integer NOT NULL DEFAULT 0 CHECK (subtasks_completed BETWEEN 0 AND subtask_count),
    completed_at timestamptz,
    completed_on date,
    on_time boolean,
    completed_under uuid,  -- the subject it was counted for, even if that changes later
    completions integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id),
    CHECK (due_date IS NULL OR due_at IS NULL),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX tasks_due ON tasks (user_id, due_sort, id);
CREATE INDEX tasks_created ON tasks (user_id, created_at, id);
CREATE INDEX tasks_updated ON tasks (user_id, updated_at, id);
CREATE INDEX tasks_priority ON tasks (user_id, priority_rank, id);
CREATE INDEX tasks_title ON tasks (user_id, (lower(title) COLLATE "C"), id);
CREATE INDEX tasks_subject ON tasks (user_id, subject_id);

CREATE TABLE subtasks (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    task_id uuid NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    completed boolean NOT NULL DEFAULT false,
    position integer NOT NULL CHECK (position BETWEEN 0 AND 199),
    estimated_minutes integer CHECK (estimated_minutes BETWEEN 1 AND 10080),
    due_date date,
    completed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE,
    UNIQUE (user_id, task_id, position) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX subtasks_due ON subtasks (user_id, due_date) WHERE NOT completed AND due_date IS NOT NULL;

CREATE TABLE event_counters (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE events (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    type text NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX events_at ON events USING brin (at);

CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, scope, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE realtime_tickets (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX realtime_tickets_user ON realtime_tickets (user_id);
CREATE INDEX realtime_tickets_session ON realtime_tickets (session_id);
CREATE INDEX realtime_tickets_expires ON realtime_tickets (expires_at);

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    lane text NOT NULL,
    payload text NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    leased boolean NOT NULL DEFAULT false,
    attempt integer NOT NULL DEFAULT 0,
    unique_key text,
    request_id text NOT NULL DEFAULT '',
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
CREATE INDEX jobs_due ON jobs (lane, leased, run_at);
CREATE INDEX jobs_user ON jobs (user_id);
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE jobs_dead (
    id bigint PRIMARY KEY,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    lane text NOT NULL,
    payload text NOT NULL,
    attempt integer NOT NULL,
    request_id text NOT NULL,
    last_error text NOT NULL,
    created_at timestamptz NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX jobs_dead_user ON jobs_dead (user_id);
CREATE INDEX jobs_dead_died ON jobs_dead (died_at);

CREATE TABLE schedules (
    name text PRIMARY KEY,
    slot bigint NOT NULL
);

CREATE TABLE notifications (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    type text NOT NULL,
    title text NOT NULL CHECK (length(title) <= 300),
    body text NOT NULL DEFAULT '' CHECK (length(body) <= 2000),
    data jsonb NOT NULL DEFAULT '{}',
    source text NOT NULL,
    read boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, source)
);
CREATE INDEX notifications_sorted ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE NOT read;

CREATE TABLE daily_progress (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    day date NOT NULL,
    subject_id uuid NOT NULL,
    tasks_completed integer NOT NULL DEFAULT 0 CHECK (tasks_completed >= 0),
    with_due integer NOT NULL DEFAULT 0 CHECK (with_due >= 0),
    on_time integer NOT NULL DEFAULT 0 CHECK (on_time >= 0),
    focused_minutes integer NOT NULL DEFAULT 0 CHECK (focused_minutes >= 0),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, day, subject_id)
) WITH (fillfactor = 80);

CREATE TABLE points_ledger (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    rule text NOT NULL,
    object_id uuid NOT NULL,
    version integer NOT NULL,
    points integer NOT NULL,
    local_date date NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, rule, object_id, version)
);
CREATE INDEX points_ledger_at ON points_ledger (user_id, at DESC, id DESC);
CREATE INDEX points_ledger_day ON points_ledger (user_id, local_date, rule);
"""

OWNED = (
    "sessions",
    "subjects",
    "tasks",
    "subtasks",
    "event_counters",
    "events",
    "idempotency_keys",
    "realtime_tickets",
    "notifications",
    "daily_progress",
    "points_ledger",
)

WALLS = f"""
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON users USING (id = {ME});
CREATE POLICY sign_in ON users FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY sign_in ON sessions FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY relay ON sessions FOR SELECT USING ({PURPOSE} = 'relay' AND revoked_at IS NOT NULL);
CREATE POLICY sign_in ON realtime_tickets USING ({PURPOSE} = 'sign_in');
CREATE POLICY relay ON event_counters FOR SELECT USING ({PURPOSE} = 'relay');
CREATE POLICY tidy ON sessions USING ({PURPOSE} = 'tidy' AND absolute_expires_at < now() - interval '1 day');
CREATE POLICY tidy ON events USING ({PURPOSE} = 'tidy' AND at < now() - interval '30 days');
CREATE POLICY tidy ON idempotency_keys USING ({PURPOSE} = 'tidy' AND created_at < now() - interval '24 hours');
CREATE POLICY tidy ON realtime_tickets USING ({PURPOSE} = 'tidy' AND expires_at < now());

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY enqueue ON jobs FOR INSERT WITH CHECK (user_id = {ME} OR user_id IS NULL);
CREATE POLICY worker ON jobs USING ({PURPOSE} IN ('worker', 'operate'));
ALTER TABLE jobs_dead ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON jobs_dead USING ({PURPOSE} IN ('worker', 'operate'));
CREATE POLICY tidy ON jobs_dead USING ({PURPOSE} = 'tidy' AND died_at < now() - interval '30 days');
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions, subjects, tasks, subtasks, event_counters, events,
    idempotency_keys, realtime_tickets, jobs, jobs_dead, schedules, notifications, daily_progress TO {app};
GRANT SELECT, INSERT ON points_ledger TO {app};
GRANT SELECT ON alembic_version TO {app};
"""


def upgrade() -> None:
    owned = "".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY owner ON {table} USING (user_id = {ME});\n"
        for table in OWNED
    )
    run(op, TABLES + owned + WALLS + GRANTS)
