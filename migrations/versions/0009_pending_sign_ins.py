"""Create sign-ins that need more proof, and give linked identities an id."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0009"
down_revision = "0008"

PENDING_SIGN_INS = """
CREATE TABLE pending_sign_ins (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('second_factor', 'link')),
    issuer text NOT NULL CHECK (length(issuer) <= 500),
    subject text NOT NULL CHECK (length(subject) <= 255),
    email text NOT NULL CHECK (length(email) <= 254),
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_sign_ins_user ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_expires ON pending_sign_ins (expires_at);

ALTER TABLE pending_sign_ins ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON pending_sign_ins
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY sign_in ON pending_sign_ins FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) = 'sign_in');
CREATE POLICY tidy ON pending_sign_ins
    USING ((SELECT current_setting('app.purpose', true)) = 'tidy' AND expires_at < now());
GRANT SELECT, INSERT, UPDATE, DELETE ON pending_sign_ins TO {app};
"""

IDENTITY_IDS = """
-- Few accounts are linked, so the table is rewritten and indexed in a moment.
-- squawk-ignore adding-field-with-default
ALTER TABLE identities ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX identities_id ON identities (user_id, id);
"""


def upgrade() -> None:
    run(op, PENDING_SIGN_INS + IDENTITY_IDS)
