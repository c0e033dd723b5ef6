"""Remember the exercises of assessed work, and name the exercises of a chat what they are."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0021"
down_revision = "0020"

# A digest per exercise, and no text: it outlives the chat, which the student may delete.
EXERCISES = """
CREATE TABLE ai_assessed_exercises (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, digest)
);
CREATE INDEX ai_assessed_exercises_old ON ai_assessed_exercises (created_at);
ALTER TABLE ai_assessed_exercises ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_assessed_exercises
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY tidy ON ai_assessed_exercises USING ((SELECT current_setting('app.purpose', true)) = 'tidy'
    AND created_at < now() - interval '365 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_assessed_exercises TO {app};

-- No release has had these columns.
-- squawk-ignore renaming-column
ALTER TABLE ai_chats RENAME COLUMN key TO exercises;
-- squawk-ignore ban-drop-column
ALTER TABLE ai_chats DROP COLUMN key_tried;

-- The key of a chat was one object at first, and is no list of exercises. A forced policy would hide the rows.
ALTER TABLE ai_chats NO FORCE ROW LEVEL SECURITY;
UPDATE ai_chats SET exercises = NULL WHERE jsonb_typeof(exercises) <> 'array';
ALTER TABLE ai_chats FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    run(op, EXERCISES)
