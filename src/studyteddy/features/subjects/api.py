"""HTTP of subjects."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects import service
from studyteddy.features.subjects.schemas import NameTaken, NewSubject, Subject, SubjectChanges, SubjectQuery
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.web import Router

router = Router("/api/subjects", tag="subjects")


@router.get()
async def list_subjects(db: Database, cursors: Cursors, identity: Identity, query: SubjectQuery) -> Page[Subject]:
    """Your subjects by name."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.post(status=201, errors=(NameTaken,))
async def create_subject(db: Database, identity: Identity, body: NewSubject) -> Subject:
    """Add a subject."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add(tx, body))


@router.get("/{subject_id}")
async def get_subject(db: Database, identity: Identity, subject_id: UUID) -> Subject:
    """One subject."""
    return await service.get(db.reading(identity), identity.user_id, subject_id)


@router.patch("/{subject_id}", errors=(NameTaken,))
async def update_subject(
    db: Database, identity: Identity, subject_id: UUID, body: SubjectChanges, if_match: str | None
) -> Subject:
    """Change a subject, or archive it."""
    async with db.transaction(identity) as tx:
        return await service.update(tx, subject_id, body, if_match=if_match)


@router.delete("/{subject_id}")
async def delete_subject(db: Database, identity: Identity, subject_id: UUID, if_match: str | None) -> None:
    """Delete a subject; its tasks stay, without it."""
    async with db.transaction(identity) as tx:
        await service.delete(tx, subject_id, if_match=if_match)
