"""Create chats with the tutor, and their messages."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0014"
down_revision = "0013"

OWNER = "user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)"

# The key is the solved problem of assessed work. It stays on the server: no route and no export contains it.
CHATS = f"""
CREATE TABLE ai_chats (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    subject_id uuid,
    task_id uuid,
    problem bytea NOT NULL CHECK (length(problem) = 32),
    situation jsonb NOT NULL,
    assessed boolean NOT NULL,
    key jsonb,
    key_tried boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE SET NULL (task_id)
);
CREATE INDEX ai_chats_latest ON ai_chats (user_id, updated_at, id);
CREATE INDEX ai_chats_problem ON ai_chats (user_id, problem);
CREATE INDEX ai_chats_task ON ai_chats (user_id, task_id);
CREATE INDEX ai_chats_subject ON ai_chats (user_id, subject_id);
ALTER TABLE ai_chats ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_chats USING ({OWNER});
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_chats TO {{app}};

CREATE TABLE ai_messages (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    chat_id uuid NOT NULL,
    message text NOT NULL CHECK (length(message) BETWEEN 1 AND 4000),
    move text NOT NULL CHECK (length(move) <= 20),
    hint_level integer NOT NULL CHECK (hint_level BETWEEN 0 AND 4),
    context text[] NOT NULL,
    pieces text[] NOT NULL DEFAULT '{{}}',
    replaced boolean NOT NULL DEFAULT false,
    outcome text CHECK (length(outcome) <= 30),
    tokens integer NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, chat_id) REFERENCES ai_chats ON DELETE CASCADE
);
CREATE INDEX ai_messages_chat ON ai_messages (user_id, chat_id, id);
ALTER TABLE ai_messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_messages USING ({OWNER});
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_messages TO {{app}};
"""


def upgrade() -> None:
    run(op, CHATS)
