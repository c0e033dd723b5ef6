"""Keep embeddings of passages, by which they are found for questions in other words."""

from alembic import op

from studyteddy.platform.db.migrations import run

revision = "0018"
down_revision = "0017"

# Without a default, so that no row is rewritten. An empty value: the passage gets no embedding.
EMBEDDINGS = """
ALTER TABLE ai_pages ADD COLUMN embedding bytea;
ALTER TABLE ai_pages ADD CONSTRAINT ai_pages_embedding CHECK (octet_length(embedding) IN (0, 768)) NOT VALID;
-- Only jobs write to this table, and they can wait.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ai_pages_unembedded ON ai_pages (user_id, attachment_id) WHERE embedding IS NULL;
CREATE POLICY tidy ON ai_pages FOR SELECT
    USING ((SELECT current_setting('app.purpose', true)) = 'tidy' AND embedding IS NULL);
"""


def upgrade() -> None:
    run(op, EMBEDDINGS)
