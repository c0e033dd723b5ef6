"""${message}."""

from alembic import op

from studyteddy.platform.migrations import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run(op, """
    """)
