"""Jobs of AI."""

from __future__ import annotations

from studyteddy.events import AttachmentUpdated
from studyteddy.features.ai.service import material, usage
from studyteddy.features.ai.service.usage import Ai
from studyteddy.platform.db.database import Database
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.thread_pool import ThreadPool

jobs = Jobs("ai")


@jobs.on(AttachmentUpdated)
async def read_attachment(
    db: Database, storage: ObjectStorage, text_threads: ThreadPool, ai: Ai, identity: Identity, event: AttachmentUpdated
) -> None:
    """Keep the text of an attachment, for the tutor's citations."""
    await material.read(db, storage, text_threads, identity, event.attachment_id)
    await material.embed(db, ai, identity, event.attachment_id)


@jobs.every(minutes=5)
async def embed_passages(db: Database, ai: Ai) -> None:
    """Embed passages that were read before embeddings were installed, or while there was too much to do."""
    await material.embed_missing(db, ai)


@jobs.every(minutes=1)
async def settle_lost_calls(db: Database) -> None:
    """Charge the calls whose process ended before they were settled."""
    await usage.settle_lost(db)
