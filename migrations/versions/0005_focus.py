"""Create focus sessions, whose timer the server owns, and focus presets."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0005"
down_revision = "0004"

ME = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
PURPOSE = "(SELECT current_setting('app.purpose', true))"

TABLES = """
CREATE TABLE focus_presets (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    work_minutes smallint NOT NULL CHECK (work_minutes BETWEEN 5 AND 240),
    short_break_minutes smallint NOT NULL CHECK (short_break_minutes BETWEEN 1 AND work_minutes),
    long_break_minutes smallint NOT NULL CHECK (long_break_minutes BETWEEN 1 AND work_minutes),
    cycles smallint NOT NULL CHECK (cycles BETWEEN 1 AND 12),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX focus_presets_name ON focus_presets (user_id, lower(name));

CREATE TABLE focus_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('pomodoro', 'deep_work', 'custom')),
    status text NOT NULL CHECK (status IN ('scheduled', 'active', 'paused', 'completed', 'cancelled')),
    version integer NOT NULL CHECK (version >= 1),
    subject_id uuid,
    task_id uuid,
    counted_under uuid,  -- the subject it was counted for, even if that changes later
    planned_minutes smallint NOT NULL CHECK (planned_minutes BETWEEN 5 AND 480),
    work_minutes smallint CHECK (work_minutes BETWEEN 5 AND 240),
    short_break_minutes smallint CHECK (short_break_minutes BETWEEN 1 AND work_minutes),
    long_break_minutes smallint CHECK (long_break_minutes BETWEEN 1 AND work_minutes),
    cycles smallint CHECK (cycles BETWEEN 1 AND 12),
    scheduled_at timestamptz,
    started_at timestamptz,
    paused_at timestamptz CHECK (paused_at >= started_at),
    paused_seconds integer NOT NULL CHECK (paused_seconds BETWEEN 0 AND 86400),
    ends_at timestamptz,
    overdue_at timestamptz CHECK (overdue_at <= started_at + interval '24 hours'),
    ended_at timestamptz CHECK (ended_at >= started_at),
    ended_by text CHECK (ended_by IN ('user', 'forgotten')),
    effective_minutes smallint NOT NULL CHECK (effective_minutes BETWEEN 0 AND 1440),
    day date NOT NULL,
    productivity_rating smallint CHECK (productivity_rating BETWEEN 1 AND 5),
    focus_rating smallint CHECK (focus_rating BETWEEN 1 AND 5),
    notes text NOT NULL CHECK (length(notes) <= 2000),
    interruptions smallint NOT NULL CHECK (interruptions BETWEEN 0 AND 1000),
    interruption_notes jsonb NOT NULL CHECK (jsonb_array_length(interruption_notes) <= 100),
    backfilled boolean NOT NULL,
    late boolean NOT NULL CHECK (backfilled OR NOT late),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    begins_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(started_at, scheduled_at)) STORED,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE SET NULL (task_id),
    CHECK (num_nulls(work_minutes, short_break_minutes, long_break_minutes, cycles) IN (0, 4)),
    CHECK (status <> 'scheduled' OR (scheduled_at IS NOT NULL AND started_at IS NULL)),
    CHECK (status NOT IN ('active', 'paused', 'completed') OR started_at IS NOT NULL),
    CHECK ((status = 'active') = (ends_at IS NOT NULL)),
    CHECK ((status = 'paused') = (paused_at IS NOT NULL)),
    CHECK ((status IN ('active', 'paused')) = (overdue_at IS NOT NULL)),
    CHECK ((status IN ('completed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (status = 'completed' OR effective_minutes = 0)
);
-- At most one running session per user, even with concurrent requests.
CREATE UNIQUE INDEX focus_sessions_running ON focus_sessions (user_id) WHERE status IN ('active', 'paused');
CREATE INDEX focus_sessions_overdue ON focus_sessions (overdue_at) WHERE overdue_at IS NOT NULL;
CREATE INDEX focus_sessions_sorted ON focus_sessions (user_id, begins_at, id);
CREATE INDEX focus_sessions_subject ON focus_sessions (user_id, subject_id);
CREATE INDEX focus_sessions_task ON focus_sessions (user_id, task_id);

-- Minutes entered too late to count for a streak.
ALTER TABLE daily_progress ADD COLUMN late_minutes integer NOT NULL DEFAULT 0 CHECK (late_minutes >= 0);
"""

OWNED = ("focus_presets", "focus_sessions")

# The job that ends forgotten sessions can read running ones, and changes them only as their user.
WALLS = f"CREATE POLICY tidy ON focus_sessions FOR SELECT USING ({PURPOSE} = 'tidy' AND overdue_at IS NOT NULL);\n"

GRANTS = "GRANT SELECT, INSERT, UPDATE, DELETE ON focus_presets, focus_sessions TO {app};"


def upgrade() -> None:
    owned = "".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY owner ON {table} USING (user_id = {ME});\n"
        for table in OWNED
    )
    run(op, TABLES + owned + WALLS + GRANTS)
