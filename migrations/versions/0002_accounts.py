"""Complete accounts: profile, preferences, API keys, mail tokens, two-factor, identities, data export, deletion."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0002"
down_revision = "0001"

ME = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
PURPOSE = "(SELECT current_setting('app.purpose', true))"

TABLES = """
ALTER TABLE users
    ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN avatar text CHECK (length(avatar) <= 200),
    ADD COLUMN deletion_at timestamptz;
-- The table is locked for the new columns anyway, and this column is still empty.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX users_deletion ON users (deletion_at) WHERE deletion_at IS NOT NULL;

ALTER TABLE sessions ADD COLUMN address text NOT NULL DEFAULT '' CHECK (length(address) <= 45);

CREATE TABLE api_keys (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    prefix text NOT NULL CHECK (length(prefix) <= 20),
    hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL CHECK (scopes <@ '{read,write}' AND cardinality(scopes) >= 1),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE mail_tokens (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    email text NOT NULL CHECK (length(email) <= 254),
    expires_at timestamptz NOT NULL
);
CREATE INDEX mail_tokens_user ON mail_tokens (user_id);
CREATE INDEX mail_tokens_expires ON mail_tokens (expires_at);

CREATE TABLE second_factors (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret bytea NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE identities (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL CHECK (length(issuer) <= 500),
    subject text NOT NULL CHECK (length(subject) <= 255),
    email text NOT NULL CHECK (length(email) <= 254),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, issuer, subject),
    UNIQUE (issuer, subject)
);

CREATE TABLE sign_in_flows (
    hash bytea PRIMARY KEY,
    verifier text NOT NULL CHECK (length(verifier) <= 128),
    nonce text NOT NULL CHECK (length(nonce) <= 128),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_flows_expires ON sign_in_flows (expires_at);

CREATE TABLE exports (
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'ready', 'failed')),
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    size bigint,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE sealing_check (
    key_id text PRIMARY KEY CHECK (length(key_id) <= 32),
    value bytea NOT NULL
);
"""

OWNED = ("api_keys", "mail_tokens", "second_factors", "recovery_codes", "identities", "exports")

WALLS = f"""
CREATE POLICY sign_in ON api_keys FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY sign_in ON mail_tokens FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY sign_in_takes ON mail_tokens FOR DELETE USING ({PURPOSE} = 'sign_in');
CREATE POLICY sign_in ON identities FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY operate ON second_factors FOR SELECT USING ({PURPOSE} = 'operate');
CREATE POLICY operate_seals ON second_factors FOR UPDATE USING ({PURPOSE} = 'operate');
CREATE POLICY tidy ON mail_tokens USING ({PURPOSE} = 'tidy' AND expires_at < now());
ALTER TABLE sign_in_flows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY sign_in ON sign_in_flows USING ({PURPOSE} = 'sign_in');
CREATE POLICY tidy ON sign_in_flows USING ({PURPOSE} = 'tidy' AND expires_at < now());
CREATE POLICY operate ON users FOR SELECT USING ({PURPOSE} = 'operate');
CREATE POLICY tidy ON users FOR SELECT USING ({PURPOSE} = 'tidy' AND deletion_at < now());
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, mail_tokens, second_factors, recovery_codes, identities,
    sign_in_flows, exports TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON sealing_check TO {app};
"""


def upgrade() -> None:
    owned = "".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY owner ON {table} USING (user_id = {ME});\n"
        for table in OWNED
    )
    run(op, TABLES + owned + WALLS + GRANTS)
