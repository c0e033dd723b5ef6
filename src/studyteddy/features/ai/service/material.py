"""A student's own material: attachments and notes, cut into passages; those are found that a question is about.

Passages are found by words, and those of attachments by meaning too, where the extra is installed. Notes are what the
student wrote about a task or a subject, and the titles and addresses of a subject's links, which are never fetched.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from heapq import nlargest
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.chats import NewMessage, NotesPassage, Passage, TutorCitation
from studyteddy.features.ai.schemas.material import MaterialPage, NoSuchPage, PageQuery, StoredFile, WithoutText
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.ai.store import material as store
from studyteddy.features.ai.store.material import NewPassage
from studyteddy.features.ai.tutoring import sources, stemming
from studyteddy.features.ai.tutoring.answers import Cited
from studyteddy.features.ai.tutoring.sentences import sentences
from studyteddy.features.ai.tutoring.sources import SIMILAR, Claim, Scored
from studyteddy.features.attachments import service as attachments
from studyteddy.features.attachments.schemas import NoSuchAttachment
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import Subject
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.errors import Invalid, TooManyRequests
from studyteddy.platform.files import texts
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.fulltext import words
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool

MAX_PASSAGES = 4
"""Passages that are sent with a question."""
MAX_WORDS = 16
MAX_EMBEDDED = 5000
"""Passages of a student that are embedded; further ones are found by words only."""
_NEAREST = 8
_QUOTED_WORDS = 12
_BATCH = 16
_SWEEP_PASSAGES, _SWEEP_ATTACHMENTS = 500, 100
_NO_ATTACHMENT = UUID(int=0)
_WORD = re.compile(r"[^\W_]{2,}")
_MARK = re.compile(r"\s*\[\[(\d{1,2}):\s*(.{1,400}?)\]\]", re.DOTALL)
"""How the model cites: the number of a passage and its exact words."""
_PARTIAL = re.compile(r"\s*\[\[\d{1,2}:")
"""What remains of a mark that isn't complete."""
_REST = re.compile(r"\s*\[\[\d{0,2}|\]\]")


class Material(msgspec.Struct, frozen=True):
    """The passages for a question; `exists` says whether the student has any material for it."""

    passages: list[Passage]
    exists: bool
    covers: bool
    """Whether the passages are about the question."""
    withheld: bool = False
    """Whether there are others, which aren't sent: they have exercises of assessed work, and this is practice."""


class Asked(msgspec.Struct, frozen=True):
    """A question; `similarities` compares it with embeddings, if its own could be made."""

    text: str
    similarities: Callable[[Sequence[bytes]], Awaitable[list[float]]] | None = None


NOTHING = Material([], exists=False, covers=False)


async def read(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, attachment_id: UUID
) -> None:
    """Keep the passages of an attachment; do nothing if they are kept, or it has no text that can be read."""
    if await store.is_read(db.reading(identity), identity.user_id, attachment_id):
        return
    with suppress(Invalid):
        text = await attachments.text(db, storage, threads, identity, attachment_id)
        found = [NewPassage(n, one.number, one.start, one.text) for n, one in enumerate(sources.pages(text))]
        async with db.transaction(identity) as tx:
            await store.add(tx, tx.user_id, attachment_id, found)


async def text(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, attachment_id: UUID, *, length: int
) -> str:
    """Return the text of an attachment, at least `length` characters of it if there are as many; raise 422.

    The content of an attachment never changes, so that passages which are kept are the text of its file.
    """
    reader = db.reading(identity)
    await attachments.known(reader, identity.user_id, attachment_id)
    kept = await store.of(reader, identity.user_id, attachment_id, before=length)
    found = sources.joined([sources.Page(one.page, one.start, one.text) for one in kept])
    return (found or await attachments.text(db, storage, threads, identity, attachment_id)).rstrip()


async def embed(db: Database, ai: Ai, identity: Identity, attachment_id: UUID, *, limit: int = MAX_EMBEDDED) -> int:
    """Embed passages of an attachment that have no embedding yet, at most `limit`; return how many it took on.

    Stops when too many texts wait for an embedding: `embed_missing` goes on later.
    """
    reader, user_id, done = db.reading(identity), identity.user_id, 0
    with suppress(TooManyRequests):
        while ai.embeddings is not None and done < limit:
            texts = await store.unembedded(reader, user_id, attachment_id, limit=_BATCH)
            if not texts:
                break
            room = MAX_EMBEDDED - await store.embedded(reader, user_id, limit=MAX_EMBEDDED)
            found = [(await ai.embeddings.embed(one.text)) or b"" for one in texts[:room]]
            found += [b""] * (len(texts) - len(found))
            async with db.transaction(identity) as tx:
                await store.set_embeddings(tx, tx.user_id, attachment_id, [one.part for one in texts], found)
            done += len(texts)
    return done


async def embed_missing(db: Database, ai: Ai) -> None:
    """Embed some of the passages of all students that have no embedding yet."""
    if ai.embeddings is None:
        return
    async with db.system("tidy") as tx:
        waiting = await store.waiting(tx, limit=_SWEEP_ATTACHMENTS)
    left = _SWEEP_PASSAGES
    for one in waiting:
        if left > 0:
            left -= await embed(db, ai, Identity(one.user_id, one.user_id), one.attachment_id, limit=left)


async def asked(reader: Reader, ai: Ai, user_id: UUID, new: NewMessage) -> Asked:
    """Return what a message asks, embedded if there can be passages to compare it with. Takes tens of milliseconds."""
    about = new.chat_id or new.task_id or new.subject_id
    if ai.embeddings is not None and about and await store.embedded(reader, user_id, limit=1):
        with suppress(TooManyRequests):
            embedding = await ai.embeddings.embed(new.message)
            if embedding is not None:
                return Asked(new.message, partial(ai.embeddings.similarities, embedding))
    return Asked(new.message)


async def find(
    reader: Reader,
    user_id: UUID,
    question: Asked,
    *,
    task_id: UUID | None,
    subject_id: UUID | None,
    off: Collection[str] = (),
) -> Material:
    """Return the passages of a task and of a subject that a question is about; `off` are kinds that aren't sent."""
    if "material" in off or (task_id is None and subject_id is None):
        return NOTHING
    patterns = _patterns(question.text)
    worded = await store.find(reader, user_id, task_id=task_id, subject_id=subject_id, patterns=patterns)
    exists = bool(worded) or await store.exists(reader, user_id, task_id=task_id, subject_id=subject_id)
    worded += await _notes(reader, user_id, patterns, task_id=task_id, subject_id=subject_id, off=off)
    near = await _near(reader, user_id, question, task_id=task_id, subject_id=subject_id)
    best, covers = await asyncio.to_thread(_best, question.text, worded, near)  # many words take a while
    return Material(best, exists, covers)


def _best(
    question: str, worded: Sequence[Passage], near: Sequence[tuple[Passage, float]]
) -> tuple[list[Passage], bool]:
    """Return the passages that fit a question best, and whether they are about it."""
    passages = list(dict.fromkeys([*worded, *(passage for passage, _ in near)]))
    places = {passage: sources.Page(number, passage.start, passage.text) for number, passage in enumerate(passages)}
    by_words = sources.rank(question, [places[passage] for passage in dict.fromkeys(worded)])
    by_meaning = [Scored(places[passage], similarity) for passage, similarity in near]
    best = [passages[one.page.number] for one in sources.merge(by_words, by_meaning)[:MAX_PASSAGES]]
    is_vague = not stemming.asked(question)  # “And why is that?”: nothing is missing
    return best, is_vague or bool(by_meaning) or sources.covers(question, by_words)


def _patterns(question: str) -> list[str]:
    """Return patterns of the words that a question is about, which match other forms too; ranking is stricter."""
    found = ((raw, words(raw)) for raw in _WORD.findall(question.casefold()))
    about = set(stemming.asked(question))
    texts = (stemming.pattern(raw, word) for raw, split in found for word in split if word in about)
    return [f"%{text}%" for text in dict.fromkeys(texts)][:MAX_WORDS]


async def _notes(
    reader: Reader,
    user_id: UUID,
    patterns: Sequence[str],
    *,
    task_id: UUID | None,
    subject_id: UUID | None,
    off: Collection[str],
) -> list[Passage]:
    """Return the passages of the notes of tasks that match one of the patterns, and of a subject's notes and links."""
    found: list[Passage] = []
    if "task" not in off:
        notes = await store.notes(reader, user_id, task_id=task_id, subject_id=subject_id, patterns=patterns)
        found = [passage for one in notes for passage in _of_notes(one.title, one.text, task_id=one.task_id)]
    if subject_id is not None and "subject" not in off:
        subject = await subjects.get(reader, user_id, subject_id)
        found += _of_notes(subject.name, _text_of(subject), subject_id=subject_id)
    return found


def _of_notes(title: str, text: str, *, task_id: UUID | None = None, subject_id: UUID | None = None) -> list[Passage]:
    return [
        NotesPassage(_NO_ATTACHMENT, title, 1, one.start, one.text, task_id, subject_id) for one in sources.pages(text)
    ]


def _text_of(subject: Subject) -> str:
    """Return the notes of a subject, and its links."""
    links = "\n".join(f"{link.title} {link.url}" for link in subject.resources)
    return f"{subject.description}\n\n{links}"


async def _near(
    reader: Reader, user_id: UUID, question: Asked, *, task_id: UUID | None, subject_id: UUID | None
) -> list[tuple[Passage, float]]:
    """Return the passages whose meaning is closest to a question, with their similarity, the closest first."""
    if question.similarities is None:
        return []
    known = await store.embeddings(reader, user_id, task_id=task_id, subject_id=subject_id, limit=MAX_EMBEDDED)
    compared: list[float] = []
    with suppress(TooManyRequests):  # then words must do
        compared = await question.similarities([one.embedding for one in known])
    similar = ((one, other) for one, other in zip(compared, known, strict=False) if one >= SIMILAR)
    nearest = nlargest(_NEAREST, similar, key=lambda pair: pair[0])
    if not nearest:
        return []
    found = await store.at(reader, user_id, [one for _, one in nearest], task_id=task_id, subject_id=subject_id)
    passages = {(passage.attachment_id, passage.start): passage for passage in found}
    places = [((one.attachment_id, one.start), similarity) for similarity, one in nearest]
    return [(passages[place], similarity) for place, similarity in places if place in passages]


async def page(reader: Reader, user_id: UUID, attachment_id: UUID, query: PageQuery) -> MaterialPage:
    """Return a page of an attachment, without text if it has none; raise 404."""
    file = await store.file(reader, user_id, attachment_id)
    if file is None:
        raise NoSuchAttachment()
    if query.page > max(file.pages, 1):
        raise NoSuchPage()
    parts = await store.parts(reader, user_id, attachment_id, query.page, limit=sources.MAX_PASSAGES)
    text, start = "", parts[0].start if parts else 0
    for part in parts:  # parts of white space only are not kept
        text = text.ljust(part.start - start) + part.text
    return MaterialPage(
        title=file.title,
        page=query.page,
        pages=file.pages,
        text=text,
        start=start,
        task_id=file.task_id,
        type=file.type,
        without_text=_without_text(file),
    )


def _without_text(file: StoredFile) -> WithoutText | None:
    """Return why an attachment has no text."""
    if file.pages:
        return None
    return "unread" if file.type in texts.READABLE else "type"


async def task_notes(reader: Reader, user_id: UUID, task_id: UUID) -> MaterialPage:
    """Return the notes of a task; raise 404."""
    task = await tasks.get(reader, user_id, task_id)
    return MaterialPage(task.title, 1, 1, task.description, 0, task_id=task_id)


async def subject_notes(reader: Reader, user_id: UUID, subject_id: UUID) -> MaterialPage:
    """Return the notes and the links of a subject; raise 404."""
    subject = await subjects.get(reader, user_id, subject_id)
    return MaterialPage(subject.name, 1, 1, _text_of(subject), 0, subject_id=subject_id)


def shown(material: Material) -> list[tuple[str, str]]:
    """Return the passages as a prompt has them: numbered, with the name and the page."""
    return [(f"material {n}: {one.title}, {_page(one)}", one.text) for n, one in enumerate(material.passages, 1)]


def _page(passage: Passage) -> str:
    return "notes" if isinstance(passage, NotesPassage) else f"page {passage.page}"


class Citations:
    """The citations of a response: quotes that really stand in the passages that were sent."""

    def __init__(self, material: Material, language: str = "en") -> None:
        self._language = language
        self._passages = material.passages
        self._pages = [_place(number, one) for number, one in enumerate(material.passages, 1)]
        self._failed: list[int] = []
        """Where the latest text has quotes that don't stand there."""
        self._read: list[TutorCitation] = []
        self.found: list[TutorCitation] = []
        """Those of the sentences that were shown."""

    def read(self, text: str) -> Cited:
        """Return the text with a number for each verified citation, and a note if it has others, which are removed.

        The note isn't in the text that is judged: words between its letters would hide what it says.
        """
        before = len(self._read)
        self._failed = []
        shown = _REST.sub(_apart, _PARTIAL.sub(self._removed, _MARK.sub(self._numbered, text)))
        note = f"({sources.not_there(self._language)})" if self._failed else ""
        leads = bool(note) and not text[: min(self._failed)].strip()  # it stands after the sentence that it is about
        quotes = [one.text for one in self._read[before:]]
        return Cited(shown, quotes, before=note if leads else "", after="" if leads else note)

    def keep(self) -> None:
        """Keep what was read so far: it is shown. What a draft says after its first leak never is."""
        self.found = [*self._read]

    def _numbered(self, mark: re.Match[str]) -> str:
        claim = Claim("", int(mark[1]), mark[2].strip().strip("\"'“”„»«"))
        verified = sources.verified([claim], self._pages)
        if not verified:
            return self._removed(mark)
        passage, place = self._passages[claim.page - 1], verified[0]
        is_notes = isinstance(passage, NotesPassage)
        cited = TutorCitation(
            attachment_id=None if is_notes else passage.attachment_id,
            title=passage.title,
            page=None if is_notes else passage.page,
            text=claim.quote,
            start=place.start,
            end=place.end,
            task_id=passage.task_id if isinstance(passage, NotesPassage) else None,
            subject_id=passage.subject_id if isinstance(passage, NotesPassage) else None,
        )
        if cited not in self._read:
            self._read.append(cited)
        before = " " if mark.start() else ""  # a sentence of its own comes after a space already
        after = " " if mark.string[mark.end() :][:1] in ("(", "[") else ""  # it is no link
        return f"{before}[{self._read.index(cited) + 1}]{after}"

    def _removed(self, mark: re.Match[str]) -> str:
        self._failed.append(mark.start())
        return _apart(mark)


def example(material: Material, language: str) -> str:
    """Return a sentence that cites the first passage, as a model does; empty without one that can be quoted."""
    for passage in material.passages[:1]:
        first = next(iter(sentences(passage.text.lstrip())), "")
        quote = " ".join(first.split()[:_QUOTED_WORDS]).rstrip(" .!?…؟:;,")
        if quote and not _REST.search(quote) and sources.verified([Claim("", 1, quote)], [_place(1, passage)]):
            return f"{sources.quoted(quote, language)} [[1: {quote}]]\n\n"
    return ""


def _place(number: int, passage: Passage) -> sources.Page:
    return sources.Page(number, passage.start, passage.text)


def _apart(mark: re.Match[str]) -> str:
    """Return what stands for a removed mark: a space where it would join two words or numbers."""
    neighbours = mark.string[: mark.start()][-1:], mark.string[mark.end() :][:1]
    return " " if all(map(str.isalnum, neighbours)) else ""
