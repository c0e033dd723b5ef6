"""Rename job kinds in stored rows."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0008"
down_revision = "0007"

# Jobs that an older process still adds are run by an older worker. A worker that doesn't know a kind retries
# the job and finally moves it to the dead letters, so no job is lost.
RENAMED = """(VALUES
    ('tasks.remove_files_of_task', 'attachments.remove_files_of_task'),
    ('tasks.remove_file', 'attachments.remove_file'),
    ('tasks.sweep_uploads', 'attachments.sweep_uploads'),
    ('tidy.tidy', 'retention.delete_expired'),
    ('audit.seal_anonymous', 'audit_log.seal_anonymous')) AS renamed(old_kind, new_kind)"""

RENAME = f"""
SELECT set_config('app.purpose', 'worker', true);
UPDATE jobs SET kind = renamed.new_kind FROM {RENAMED} WHERE kind = renamed.old_kind;
UPDATE jobs_dead SET kind = renamed.new_kind FROM {RENAMED} WHERE kind = renamed.old_kind;
"""


def upgrade() -> None:
    run(op, RENAME)
