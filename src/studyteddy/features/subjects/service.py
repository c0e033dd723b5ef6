"""Actions on subjects."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.subjects import store
from studyteddy.features.subjects.schemas import (
    NameTaken,
    NewSubject,
    NoSuchSubject,
    Subject,
    SubjectChanges,
    SubjectName,
    SubjectQuery,
    UnknownSubject,
)
from studyteddy.platform.creation import creation_of, repeated
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.fulltext import asked
from studyteddy.platform.local_time.dates import check_range
from studyteddy.platform.web import etags
from studyteddy.platform.web.merge_patch import merged
from studyteddy.platform.web.pagination import Cursors, Page, rows_of


async def page(reader: Reader, user_id: UUID, query: SubjectQuery, cursors: Cursors) -> Page[Subject]:
    """Return the student's subjects by name or those that match a search; raise 422 for a query without words."""
    name = "subjects" if query.q is None else "subjects:rank"
    check_range("?updatedFrom", query.updated_from)
    after, since, limit = cursors.read(query.cursor, name, query), query.updated_from, rows_of(query)
    if query.q is None:
        archived = bool(query.archived)
        found = await store.page(reader, user_id, archived=archived, updated_from=since, after=after, limit=limit)
    else:
        terms, wanted = asked(query.q), query.archived
        found = await store.find(reader, user_id, terms, archived=wanted, updated_from=since, after=after, limit=limit)
    return cursors.page(found, query, name)


async def get(reader: Reader, user_id: UUID, subject_id: UUID) -> Subject:
    """Return a subject; raise 404 if it doesn't exist."""
    subject = await store.get(reader, user_id, subject_id)
    if subject is None:
        raise NoSuchSubject()
    return subject


async def require(tx: Tx, subject_id: UUID) -> Subject:
    """Return the subject that a request names as `/subjectId`; raise 422."""
    try:
        return await get(tx, tx.user_id, subject_id)
    except NoSuchSubject as fault:
        raise invalid("/subjectId", UnknownSubject.code, UnknownSubject.title, UnknownSubject) from fault


async def names(reader: Reader, user_id: UUID) -> list[SubjectName]:
    """Return the names of the student's active subjects, at most 200."""
    return await store.names(reader, user_id)


async def add(tx: Tx, new: NewSubject) -> Subject:
    """Add a subject; raise 409 `id_taken` or `name_taken`, 422."""
    creation = creation_of(new, now=tx.now)
    subject = await store.add(tx, tx.user_id, creation, new, at=tx.now)
    if subject is None:
        existing = await repeated(tx, creation, store)
        if existing is None:
            raise NameTaken()
        return existing
    tx.publish(events.SubjectCreated(subject.id), subject)
    return subject


async def update(tx: Tx, subject_id: UUID, changes: SubjectChanges, *, if_match: str | None) -> Subject:
    """Change the given fields; raise 404, 409 `name_taken`, 412."""
    current = await store.lock(tx, tx.user_id, subject_id)
    if current is None:
        raise NoSuchSubject()
    etags.check(if_match, current)
    changed = merged(current, changes)
    if changed == current:
        return current
    subject = await store.update(tx, tx.user_id, changed, at=tx.now)
    if subject is None:
        raise NameTaken()
    tx.publish(events.SubjectUpdated(subject_id), subject)
    return subject


async def delete(tx: Tx, subject_id: UUID, *, if_match: str | None) -> None:
    """Delete a subject, leaving its tasks without a subject; raise 404, 412."""
    await tx.lock_user()
    current = await store.lock(tx, tx.user_id, subject_id)
    if current is None:
        raise NoSuchSubject()
    etags.check(if_match, current)
    await store.delete(tx, tx.user_id, subject_id)
    tx.publish(events.SubjectDeleted(subject_id), Deleted(subject_id))
