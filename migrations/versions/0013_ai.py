"""Create proposals, chats, and the ledger of what was sent to language models and what it cost."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0013"
down_revision = "0012"

OWNER = "user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)"

# The day is UTC: a student chooses their time zone, and would begin a new day with each choice.
SPENDING = f"""
CREATE TABLE ai_days (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    day date NOT NULL,
    used integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    PRIMARY KEY (user_id, day)
);
ALTER TABLE ai_days ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_days USING ({OWNER});
CREATE POLICY tidy ON ai_days USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
    AND day < now() - interval '90 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_days TO {{app}};
CREATE INDEX ai_days_old ON ai_days (day);

CREATE TABLE ai_totals (
    day date PRIMARY KEY,
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_totals TO {{app}};

CREATE TABLE ai_calls (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    day date NOT NULL,
    feature text NOT NULL CHECK (length(feature) BETWEEN 1 AND 30),
    kinds text[] NOT NULL,
    messages jsonb NOT NULL,
    provider text NOT NULL DEFAULT '' CHECK (length(provider) <= 300),
    model text NOT NULL DEFAULT '' CHECK (length(model) <= 200),
    reserved integer NOT NULL CHECK (reserved >= 0),
    tokens integer CHECK (tokens >= 0),
    outcome text CHECK (length(outcome) <= 30),
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX ai_calls_day ON ai_calls (user_id, day, id);
CREATE INDEX ai_calls_open ON ai_calls (created_at) WHERE settled_at IS NULL;
CREATE INDEX ai_calls_old ON ai_calls (created_at);
ALTER TABLE ai_calls ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_calls USING ({OWNER});
CREATE POLICY tidy ON ai_calls USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
    AND (created_at < now() - interval '90 days'
         OR settled_at IS NULL AND created_at < now() - interval '2 minutes'));
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_calls TO {{app}};
"""

PROPOSALS = f"""
CREATE TABLE ai_proposals (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('split', 'breakdown')),
    brief text NOT NULL CHECK (length(brief) <= 50000),
    source text NOT NULL CHECK (source IN ('model', 'template')),
    model text NOT NULL DEFAULT '' CHECK (length(model) <= 200),
    tokens integer NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    steps jsonb NOT NULL,
    notes text[] NOT NULL,
    subject_id uuid,
    task_id uuid,
    subtask_id uuid,
    due_date date,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    created_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_task_id uuid,
    changes jsonb,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX ai_proposals_same ON ai_proposals (user_id, fingerprint, created_at);
CREATE INDEX ai_proposals_old ON ai_proposals (created_at);
ALTER TABLE ai_proposals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_proposals USING ({OWNER});
CREATE POLICY tidy ON ai_proposals USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
    AND created_at < now() - interval '90 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_proposals TO {{app}};
"""


def upgrade() -> None:
    run(op, SPENDING + PROPOSALS)
