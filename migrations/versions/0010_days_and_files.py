"""Remember when each day of the statistics began, and the file of each data export."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0010"
down_revision = "0009"

# Without a default, so that no row is rewritten; the days of older rows begin where the student's zone says.
BEGINNINGS = """
ALTER TABLE daily_progress ADD COLUMN began_at timestamptz;
"""

# The last part of the storage key; empty for files from before, whose key is made of the id only.
FILES = """
ALTER TABLE exports ADD COLUMN token text NOT NULL DEFAULT '' CHECK (length(token) <= 64);
"""


def upgrade() -> None:
    run(op, BEGINNINGS)
    run(op, FILES)
