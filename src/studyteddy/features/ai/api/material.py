"""The student's own material, to read where a response quotes it."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.ai.schemas.material import MaterialPage, PageQuery
from studyteddy.features.ai.service import material
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/ai/material", tag="ai")


@router.get("/attachments/{attachment_id}")
async def get_attachment_page(db: Database, identity: Identity, attachment_id: UUID, query: PageQuery) -> MaterialPage:
    """Get a page of an attachment as plain text. Text is read soon after the upload, of PDF, Word and plain text."""
    return await material.page(db.reading(identity), identity.user_id, attachment_id, query)


@router.get("/tasks/{task_id}")
async def get_task_notes(db: Database, identity: Identity, task_id: UUID) -> MaterialPage:
    """Get the notes of a task, as the tutor reads them."""
    return await material.task_notes(db.reading(identity), identity.user_id, task_id)


@router.get("/subjects/{subject_id}")
async def get_subject_notes(db: Database, identity: Identity, subject_id: UUID) -> MaterialPage:
    """Get the notes of a subject, followed by its links, as the tutor reads them."""
    return await material.subject_notes(db.reading(identity), identity.user_id, subject_id)
