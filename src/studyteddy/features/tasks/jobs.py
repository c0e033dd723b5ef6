"""What tasks does in the background: files that nobody has any more are taken away."""

from __future__ import annotations

from studyteddy.events import AttachmentDeleted, TaskDeleted
from studyteddy.features.tasks import service
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import Jobs
from studyteddy.platform.storage import Storage

jobs = Jobs("tasks")


@jobs.on(TaskDeleted)
async def remove_files_of_task(db: Database, storage: Storage, identity: Identity, event: TaskDeleted) -> None:
    """Takes away the files of a task that is gone."""
    await service.remove_files_of_task(db, storage, identity, event.task_id)


@jobs.on(AttachmentDeleted)
async def remove_file(db: Database, storage: Storage, identity: Identity, event: AttachmentDeleted) -> None:
    """Takes away the file of an attachment that is gone."""
    await service.remove_files(storage, identity.user_id, event.task_id, event.attachment_id)


@jobs.every(hours=1)
async def sweep_uploads(db: Database, storage: Storage) -> None:
    """Gives up attachments that never came."""
    await service.sweep(db, storage)
