"""Keep the text of attachments in passages, what the tutor remembers, and what a student doesn't want to be sent."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0015"
down_revision = "0014"

OWNER = "user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)"

MATERIAL = f"""
CREATE TABLE ai_pages (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    attachment_id uuid NOT NULL,
    part integer NOT NULL CHECK (part >= 0),
    page integer NOT NULL CHECK (page >= 1),
    start integer NOT NULL CHECK (start >= 0),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    PRIMARY KEY (user_id, attachment_id, part),
    FOREIGN KEY (user_id, attachment_id) REFERENCES attachments ON DELETE CASCADE
);
ALTER TABLE ai_pages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_pages USING ({OWNER});
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_pages TO {{app}};

CREATE TABLE ai_facts (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('goal', 'level', 'difficulty', 'preference')),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 300),
    message_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, message_id) REFERENCES ai_messages ON DELETE SET NULL (message_id)
);
CREATE INDEX ai_facts_message ON ai_facts (user_id, message_id);
ALTER TABLE ai_facts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_facts USING ({OWNER});
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_facts TO {{app}};

CREATE TABLE ai_settings (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    off text[] NOT NULL
);
ALTER TABLE ai_settings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_settings USING ({OWNER});
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_settings TO {{app}};

-- Without a default, so that no row is rewritten: earlier responses quote nothing.
ALTER TABLE ai_messages ADD COLUMN citations jsonb;
"""


def upgrade() -> None:
    run(op, MATERIAL)
