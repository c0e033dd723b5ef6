"""HTTP routes for subjects."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects import service
from studyteddy.features.subjects.schemas import NameTaken, NewSubject, Subject, SubjectChanges, SubjectQuery
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/subjects", tag="subjects")


@router.get()
async def list_subjects(db: Database, cursors: Cursors, identity: Identity, query: SubjectQuery) -> Page[Subject]:
    """List your subjects by name, or search them with `q`."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.post(status=201, errors=(IdTaken, NameTaken))
async def create_subject(tx: Tx, body: NewSubject) -> Subject:
    """Create a subject."""
    return await service.add(tx, body)


@router.get("/{subject_id}")
async def get_subject(db: Database, identity: Identity, subject_id: UUID) -> Subject:
    """Get a subject."""
    return await service.get(db.reading(identity), identity.user_id, subject_id)


@router.patch("/{subject_id}", errors=(NameTaken,))
async def update_subject(tx: Tx, subject_id: UUID, body: SubjectChanges, if_match: str | None) -> Subject:
    """Update or archive a subject."""
    return await service.update(tx, subject_id, body, if_match=if_match)


@router.delete("/{subject_id}")
async def delete_subject(tx: Tx, subject_id: UUID, if_match: str | None) -> None:
    """Delete a subject. Its tasks remain, without a subject."""
    await service.delete(tx, subject_id, if_match=if_match)
