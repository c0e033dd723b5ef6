"""Let providers notify us of changes in calendars, and end that when an account is disconnected."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0024"
down_revision = "0023"

PURPOSE = "(SELECT current_setting('app.purpose', true))"
OWNER = "USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid))"

CHANNELS = f"""
CREATE TABLE calendar_channels (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    calendar_id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('google', 'outlook')),
    channel text NOT NULL CHECK (length(channel) <= 100),
    resource text NOT NULL CHECK (length(resource) <= 500),
    secret_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, calendar_id),
    FOREIGN KEY (user_id, calendar_id) REFERENCES account_calendars ON DELETE CASCADE
);
CREATE INDEX calendar_channels_channel ON calendar_channels (provider, channel);
CREATE INDEX calendar_channels_expires ON calendar_channels (expires_at);
ALTER TABLE calendar_channels ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_channels {OWNER};
CREATE POLICY sign_in ON calendar_channels FOR SELECT USING ({PURPOSE} = 'sign_in');
CREATE POLICY tidy ON calendar_channels USING ({PURPOSE} = 'tidy' AND expires_at < now());
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_channels TO {{app}};

ALTER TABLE account_calendars ADD COLUMN watch_at timestamptz;
ALTER TABLE account_calendars ADD COLUMN notified boolean NOT NULL DEFAULT false;
ALTER TABLE calendar_accounts ADD COLUMN taken_at timestamptz;
ALTER TABLE calendar_accounts ADD COLUMN removes_events boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    run(op, CHANNELS)
