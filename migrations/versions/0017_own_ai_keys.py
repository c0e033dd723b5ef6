"""Keep students' own keys for language models, and note which calls were made with one."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0017"
down_revision = "0016"

PURPOSE = "(SELECT current_setting('app.purpose', true))"

KEYS = f"""
CREATE TABLE ai_keys (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret bytea NOT NULL,
    last_four text NOT NULL CHECK (length(last_four) = 4),
    created_at timestamptz NOT NULL
);
ALTER TABLE ai_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON ai_keys
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY operate ON ai_keys FOR SELECT USING ({PURPOSE} = 'operate');
CREATE POLICY operate_seals ON ai_keys FOR UPDATE USING ({PURPOSE} = 'operate');
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_keys TO {{app}};

ALTER TABLE ai_calls ADD COLUMN own_key boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    run(op, KEYS)
