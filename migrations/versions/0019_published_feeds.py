"""Publish a student's calendar at a secret address."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0019"
down_revision = "0018"

FEEDS = """
CREATE TABLE published_feeds (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    generation bytea NOT NULL CHECK (octet_length(generation) = 8),
    subject_id uuid,
    titles_hidden boolean NOT NULL,
    alarm_minutes integer CHECK (alarm_minutes BETWEEN 0 AND 10080),
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX published_feeds_subject ON published_feeds (user_id, subject_id);
ALTER TABLE published_feeds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON published_feeds
    USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON published_feeds TO {app};
"""


def upgrade() -> None:
    run(op, FEEDS)
