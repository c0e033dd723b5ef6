"""Number the versions of objects, remember what created them, and when notifications were read."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0011"
down_revision = "0010"

# Focus sessions have had a version from the beginning. A constant default rewrites no row.
VERSIONS = """
ALTER TABLE subjects ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE tasks ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE subtasks ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE attachments ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE focus_presets ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE notifications ADD COLUMN version integer NOT NULL DEFAULT 1;
"""

# The hash of the request that created an object under an id of the client's; null if the id is ours.
FINGERPRINTS = """
ALTER TABLE subjects ADD COLUMN fingerprint bytea;
ALTER TABLE tasks ADD COLUMN fingerprint bytea;
ALTER TABLE subtasks ADD COLUMN fingerprint bytea;
ALTER TABLE focus_sessions ADD COLUMN fingerprint bytea;
ALTER TABLE focus_presets ADD COLUMN fingerprint bytea;
"""

# Null for those that are unread, or were read before this revision.
READ = """
ALTER TABLE notifications ADD COLUMN read_at timestamptz;
"""


def upgrade() -> None:
    run(op, VERSIONS)
    run(op, FINGERPRINTS)
    run(op, READ)
