"""Subjects of courses that calendars name."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0022"
down_revision = "0021"

OWNER = "USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid))"

COURSES = f"""
ALTER TABLE calendar_events ADD COLUMN course text NOT NULL DEFAULT '';
ALTER TABLE calendar_events ADD CONSTRAINT calendar_events_course CHECK (length(course) <= 100) NOT VALID;
ALTER TABLE calendar_events ADD COLUMN subject_id uuid;
ALTER TABLE calendar_events ADD CONSTRAINT calendar_events_subject
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE SET NULL (subject_id) NOT VALID;
-- No release has had this table.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX calendar_events_subject ON calendar_events (user_id, subject_id);
CREATE TABLE calendar_courses (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    course text NOT NULL CHECK (length(course) <= 100),
    subject_id uuid,
    PRIMARY KEY (user_id, course),
    FOREIGN KEY (user_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX calendar_courses_subject ON calendar_courses (user_id, subject_id);
ALTER TABLE calendar_courses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_courses {OWNER};
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_courses TO {{app}};
"""


def upgrade() -> None:
    run(op, COURSES)
