"""Create attachments, and let data exports expire."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0007"
down_revision = "0006"

ATTACHMENTS = """
CREATE TABLE attachments (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    task_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    type text NOT NULL CHECK (length(type) BETWEEN 1 AND 100),
    size integer NOT NULL CHECK (size BETWEEN 1 AND 26214400),
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'ready')),
    token text NOT NULL CHECK (length(token) BETWEEN 20 AND 64),  -- the last part of its storage key
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE CASCADE
);
CREATE INDEX attachments_task ON attachments (user_id, task_id, id);
CREATE INDEX attachments_waiting ON attachments (created_at) WHERE status = 'waiting';

ALTER TABLE attachments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON attachments
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY tidy ON attachments FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
           AND status = 'waiting' AND created_at < now() - interval '1 day');
GRANT SELECT, INSERT, UPDATE, DELETE ON attachments TO {app};

CREATE POLICY tidy ON exports FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
           AND created_at < now() - interval '7 days'
           AND coalesce(finished_at < now() - interval '7 days', true));
-- There are few data exports.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX exports_created ON exports (created_at);
"""


def upgrade() -> None:
    run(op, ATTACHMENTS)
