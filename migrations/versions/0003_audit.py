"""Create the audit log: a hash chain per user, and sealed batches of entries without a signed-in user."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0003"
down_revision = "0002"

# The application can append to the log but can't change it.
AUDIT = """
CREATE TABLE audit_heads (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32)
) WITH (fillfactor = 50);

CREATE TABLE audit_log (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    seq bigint NOT NULL CHECK (seq >= 1),
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 60),
    address text NOT NULL CHECK (length(address) <= 45),
    detail jsonb NOT NULL CHECK (octet_length(detail::text) <= 4000),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (user_id, seq)
);

CREATE TABLE audit_seals (
    id bigint PRIMARY KEY CHECK (id >= 1),
    first bigint NOT NULL,
    last bigint NOT NULL CHECK (last >= first),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    previous bytea NOT NULL UNIQUE CHECK (length(previous) = 32)
);

CREATE TABLE audit_anonymous (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 60),
    address text NOT NULL CHECK (length(address) <= 45),
    detail jsonb NOT NULL CHECK (octet_length(detail::text) <= 4000),
    sealed_in bigint REFERENCES audit_seals
);
CREATE INDEX audit_anonymous_unsealed ON audit_anonymous (id) WHERE sealed_in IS NULL;
CREATE INDEX audit_anonymous_sealed ON audit_anonymous (sealed_in, id);

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audit_heads
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audit_log FOR SELECT
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
CREATE POLICY owner_adds ON audit_log FOR INSERT
    WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));

ALTER TABLE audit_anonymous ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY sign_in ON audit_anonymous FOR INSERT
    WITH CHECK ((SELECT current_setting('app.purpose', true)) = 'sign_in' AND sealed_in IS NULL);
CREATE POLICY tidy ON audit_anonymous FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) IN ('tidy', 'operate'));
CREATE POLICY tidy_seals ON audit_anonymous FOR UPDATE
    USING ((SELECT current_setting('app.purpose', true)) = 'tidy' AND sealed_in IS NULL)
    WITH CHECK (sealed_in IS NOT NULL);

ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tidy ON audit_seals FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) IN ('tidy', 'operate'));
CREATE POLICY tidy_seals ON audit_seals FOR INSERT
    WITH CHECK ((SELECT current_setting('app.purpose', true)) = 'tidy');

GRANT SELECT, INSERT, UPDATE ON audit_heads TO {app};
GRANT SELECT, INSERT ON audit_log, audit_seals TO {app};
GRANT SELECT, INSERT, UPDATE (sealed_in) ON audit_anonymous TO {app};
"""


def upgrade() -> None:
    run(op, AUDIT)
