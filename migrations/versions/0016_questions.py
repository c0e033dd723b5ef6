"""Keep practice questions and their answers."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0016"
down_revision = "0015"

QUESTIONS = """
CREATE TABLE ai_questions (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    subject_id uuid,
    task_id uuid,
    source text NOT NULL CHECK (source IN ('model', 'template')),
    model text NOT NULL CHECK (length(model) <= 200),
    tokens integer NOT NULL CHECK (tokens >= 0),
    questions jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE SET NULL (task_id)
);
CREATE INDEX ai_questions_subject ON ai_questions (user_id, subject_id);
CREATE INDEX ai_questions_task ON ai_questions (user_id, task_id);
ALTER TABLE ai_questions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_questions
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_questions TO {app};
"""


def upgrade() -> None:
    run(op, QUESTIONS)
