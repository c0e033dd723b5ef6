"""Create task series and occurrences, and the history of tasks."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0004"
down_revision = "0003"

ME = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
PURPOSE = "(SELECT current_setting('app.purpose', true))"

# The template of occurrences; `starts` and `ends_before` name occurrences: a local date, or a local date and time.
TABLES = """
CREATE TABLE task_series (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    rule text NOT NULL CHECK (length(rule) BETWEEN 1 AND 500),
    mode text NOT NULL CHECK (mode IN ('schedule', 'after_completion')),
    missed text NOT NULL CHECK (missed IN ('skip', 'keep')),
    exdates text[] NOT NULL DEFAULT '{}' CHECK (cardinality(exdates) <= 1000),
    starts text NOT NULL CHECK (length(starts) IN (10, 19)),
    ends_before text CHECK (length(ends_before) IN (10, 19)),
    time_zone text NOT NULL CHECK (length(time_zone) <= 64),
    previous_id uuid,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL CHECK (length(description) <= 10000),
    subject_id uuid,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    estimated_minutes integer CHECK (estimated_minutes BETWEEN 1 AND 10080),
    labels text[] NOT NULL CHECK (cardinality(labels) <= 20),
    start_days integer,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id),
    FOREIGN KEY (user_id, previous_id) REFERENCES task_series ON DELETE SET NULL (previous_id)
);
CREATE INDEX task_series_subject ON task_series (user_id, subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX task_series_previous ON task_series (user_id, previous_id) WHERE previous_id IS NOT NULL;

ALTER TABLE tasks
    ADD COLUMN series_id uuid,
    ADD COLUMN occurrence text CHECK (length(occurrence) IN (10, 19)),
    ADD COLUMN recurrence jsonb,
    ADD COLUMN overridden text[] NOT NULL DEFAULT '{}' CHECK (cardinality(overridden) <= 20),
    ADD COLUMN follows uuid,
    ADD CONSTRAINT tasks_series FOREIGN KEY (user_id, series_id) REFERENCES task_series
        ON DELETE SET NULL (series_id) NOT VALID,
    ADD CONSTRAINT tasks_occurrence CHECK (series_id IS NULL OR occurrence IS NOT NULL) NOT VALID;
-- The table is locked for the new columns anyway, and they are still empty.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX tasks_occurrence_once ON tasks (user_id, series_id, occurrence) WHERE series_id IS NOT NULL;

CREATE TABLE task_changes (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    task_id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN
        ('updated', 'completed', 'reopened', 'step_added', 'step_updated', 'step_removed', 'steps_ordered')),
    subtask_id uuid,
    changes jsonb NOT NULL,
    undone boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, task_id, id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE
);
CREATE INDEX task_changes_at ON task_changes USING brin (at);
"""

WALLS = "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY owner ON {table} USING (user_id = {ME});\n"
    for table in ("task_series", "task_changes")
)

GRANTS = f"""
CREATE POLICY tidy ON task_changes USING ({PURPOSE} = 'tidy' AND at < now() - interval '365 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON task_series, task_changes TO {{app}};
"""


def upgrade() -> None:
    run(op, TABLES + WALLS + GRANTS)
