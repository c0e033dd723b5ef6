"""Subscribe to calendars: feeds, their events, and what changed in them."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0020"
down_revision = "0019"

PURPOSE = "(SELECT current_setting('app.purpose', true))"
OWNER = "USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid))"

FEEDS = f"""
CREATE TABLE calendar_feeds (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) <= 200),
    address bytea NOT NULL,
    host text NOT NULL CHECK (length(host) <= 253),
    subject_id uuid,
    asked_at timestamptz NOT NULL,
    read_at timestamptz,
    last_run timestamptz,
    next_run timestamptz NOT NULL,
    added integer NOT NULL,
    changed integer NOT NULL,
    removed integer NOT NULL,
    problems text[] NOT NULL,
    failures integer NOT NULL,
    etag text NOT NULL CHECK (length(etag) <= 200),
    last_modified text NOT NULL CHECK (length(last_modified) <= 200),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id)
);
CREATE INDEX calendar_feeds_subject ON calendar_feeds (user_id, subject_id);
CREATE INDEX calendar_feeds_next_run ON calendar_feeds (next_run);
ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_feeds {OWNER};
CREATE POLICY tidy ON calendar_feeds FOR SELECT USING ({PURPOSE} = 'tidy');
CREATE POLICY operate ON calendar_feeds FOR SELECT USING ({PURPOSE} = 'operate');
CREATE POLICY operate_seals ON calendar_feeds FOR UPDATE USING ({PURPOSE} = 'operate');
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_feeds TO {{app}};

CREATE TABLE calendar_events (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    feed_id uuid NOT NULL,
    uid text NOT NULL CHECK (length(uid) <= 255),
    recurrence_id text NOT NULL CHECK (length(recurrence_id) <= 40),
    title text NOT NULL CHECK (length(title) <= 200),
    description text NOT NULL CHECK (length(description) <= 5000),
    location text NOT NULL CHECK (length(location) <= 200),
    url text NOT NULL CHECK (length(url) <= 1000),
    starts_at timestamptz,
    ends_at timestamptz,
    start_date date,
    end_date date,
    busy boolean NOT NULL,
    deadline boolean NOT NULL,
    task_id uuid,
    had_task boolean NOT NULL DEFAULT false,
    removed_at timestamptz,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, feed_id, uid, recurrence_id),
    CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND (start_date IS NULL) = (end_date IS NULL)
           AND (starts_at IS NULL) <> (start_date IS NULL)),
    FOREIGN KEY (user_id, feed_id) REFERENCES calendar_feeds ON DELETE CASCADE,
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE SET NULL (task_id)
);
CREATE INDEX calendar_events_start ON calendar_events (user_id, starts_at);
CREATE INDEX calendar_events_day ON calendar_events (user_id, start_date);
CREATE INDEX calendar_events_task ON calendar_events (user_id, task_id);
CREATE INDEX calendar_events_removed ON calendar_events (removed_at) WHERE removed_at IS NOT NULL;
ALTER TABLE calendar_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_events {OWNER};
CREATE POLICY tidy ON calendar_events USING ({PURPOSE} = 'tidy' AND removed_at < now() - interval '90 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_events TO {{app}};

CREATE TABLE calendar_changes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    feed_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('added', 'changed', 'removed')),
    title text NOT NULL CHECK (length(title) <= 200),
    before text CHECK (length(before) <= 40),
    after text CHECK (length(after) <= 40),
    task_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, feed_id) REFERENCES calendar_feeds ON DELETE CASCADE,
    FOREIGN KEY (user_id, task_id) REFERENCES tasks ON DELETE SET NULL (task_id)
);
CREATE INDEX calendar_changes_feed ON calendar_changes (user_id, feed_id, id);
CREATE INDEX calendar_changes_task ON calendar_changes (user_id, task_id);
CREATE INDEX calendar_changes_at ON calendar_changes (at);
ALTER TABLE calendar_changes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_changes {OWNER};
CREATE POLICY tidy ON calendar_changes USING ({PURPOSE} = 'tidy' AND at < now() - interval '90 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_changes TO {{app}};
"""


def upgrade() -> None:
    run(op, FEEDS)
