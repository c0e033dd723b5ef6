"""Background jobs that delete files which are no longer needed."""

from __future__ import annotations

from studyteddy.events import AttachmentDeleted, TaskDeleted
from studyteddy.features.attachments import service
from studyteddy.platform.db.database import Database
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Jobs

jobs = Jobs("tasks")


@jobs.on(TaskDeleted)
async def remove_files_of_task(db: Database, storage: ObjectStorage, identity: Identity, event: TaskDeleted) -> None:
    """Delete the files of a deleted task."""
    await service.remove_files_of_task(db, storage, identity, event.task_id)


@jobs.on(AttachmentDeleted)
async def remove_file(db: Database, storage: ObjectStorage, identity: Identity, event: AttachmentDeleted) -> None:
    """Delete the file of a deleted attachment."""
    await service.remove_files(storage, identity.user_id, event.task_id, event.attachment_id)


@jobs.every(hours=1)
async def sweep_uploads(db: Database, storage: ObjectStorage) -> None:
    """Delete attachments that were never uploaded."""
    await service.delete_abandoned(db, storage)
