"""Remember when the last command on a focus session took effect, which is not always when it was received."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0012"
down_revision = "0011"

# Without a default, so that no row is rewritten; older sessions fall back on their start and pause.
LATE_COMMANDS = """
ALTER TABLE focus_sessions ADD COLUMN last_command_at timestamptz;
"""


def upgrade() -> None:
    run(op, LATE_COMMANDS)
