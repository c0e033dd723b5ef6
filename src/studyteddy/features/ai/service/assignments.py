"""What is asked about an assignment or a step, with all that the answer depends on."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from statistics import median
from typing import cast, get_args
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.proposals import MAX_BRIEF, NewBreakdown, NewProposal
from studyteddy.features.ai.schemas.steps import MAX_STEPS, MIN_STEPS
from studyteddy.features.ai.service import material, memory, references
from studyteddy.features.ai.splitting import breakdown as breakdowns
from studyteddy.features.ai.splitting import minutes
from studyteddy.features.ai.splitting.kinds import Kind, kind_of
from studyteddy.features.ai.splitting.languages import Language
from studyteddy.features.ai.store import proposals as store
from studyteddy.features.auth.service import profile
from studyteddy.features.subjects import service as subjects
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.local_time.dates import check_range, zone
from studyteddy.platform.thread_pool import ThreadPool

MIN_DONE = 5
"""The completed tasks of a kind from which the student's own ratio of actual to estimated time is taken."""


class Question(msgspec.Struct, frozen=True):
    """What is asked, with all that the answer depends on."""

    kind: str
    brief: str
    locale: str
    today: date
    due: date | None
    total_minutes: int | None
    granularity: int | None
    """The number of steps, which is possible if any is; `asked` is what the student wants."""
    asked: int | None
    ratio: float
    """By which estimates are corrected; 1 if the total is given."""
    context: str
    subject_id: UUID | None
    task_id: UUID | None
    subtask_id: UUID | None = None
    is_cut: bool = False
    """Whether the assignment is longer than the brief."""

    def fingerprint(self, *, has_model: bool) -> bytes:
        """Return what is the same for the same question, asked while there is a model or while there is none."""
        return sha256(msgspec.json.encode((self, has_model))).digest()

    @property
    def language(self) -> Language:
        """The language of templates."""
        code = self.locale.partition("-")[0]
        return cast(Language, code if code in get_args(Language) else "en")


async def whole_brief(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, new: NewProposal
) -> str:
    """Return the text of an assignment, with that of its attachment; raise 422.

    It has one character more than a brief can have if there is more: `assignment` cuts it, and remembers that.
    """
    check_range("/dueDate", new.due_date)
    texts = [new.brief] if new.brief else []
    if new.attachment_id is not None:
        texts.append(await material.text(db, storage, threads, identity, new.attachment_id, length=MAX_BRIEF + 1))
    if not texts:
        raise invalid("/brief", "required", "Provide `brief`, `attachmentId`, or both.")
    return "\n\n".join(texts)[: MAX_BRIEF + 1]


async def assignment(tx: Tx, new: NewProposal, brief: str) -> Question:
    """Return the question about a brief; raise 422 for an unknown task or subject."""
    task = await references.task(tx, new.task_id) if new.task_id else None
    question = await _about(
        tx,
        "split",
        brief[:MAX_BRIEF],
        task=task,
        subject_id=new.subject_id,
        due=new.due_date,
        total_minutes=new.total_minutes or (task.estimated_minutes if task else None),
        granularity=new.granularity,
    )
    return msgspec.structs.replace(question, is_cut=len(brief) > MAX_BRIEF)


async def step(tx: Tx, new: NewBreakdown) -> Question:
    """Return the question about a subtask; raise 422 for an unknown one."""
    task = await references.task(tx, new.task_id)
    subtask = await references.subtask(tx, new.task_id, new.subtask_id)
    question = await _about(
        tx,
        "breakdown",
        subtask.title,
        task=task,
        due=subtask.due_date or task.due_date,
        total_minutes=max(subtask.estimated_minutes or 30 * new.parts, breakdowns.MIN_PARTS),
        granularity=new.parts,
    )
    return msgspec.structs.replace(question, subtask_id=subtask.id)


async def _about(
    tx: Tx,
    kind: str,
    brief: str,
    *,
    task: Task | None,
    subject_id: UUID | None = None,
    due: date | None,
    total_minutes: int | None,
    granularity: int | None,
) -> Question:
    boundary = await profile.day_boundary(tx, tx.user_id)
    off = (await memory.settings(tx, tx.user_id)).off
    subject_id = subject_id or (task.subject_id if task else None)
    subject = await subjects.require(tx, subject_id) if subject_id else None
    return Question(
        kind=kind,
        brief=brief,
        locale=await profile.language(tx, tx.user_id),
        today=boundary.date_of(tx.now),
        due=due or (_due_of(task, boundary.time_zone) if task else None),
        total_minutes=total_minutes,
        granularity=possible(
            granularity, total_minutes, least=breakdowns.MIN_PARTS if kind == "breakdown" else MIN_STEPS
        ),
        asked=granularity,
        ratio=await _ratio(tx, kind_of(brief)) if total_minutes is None else 1.0,
        context=f"Subject: {subject.name}" if subject and "subject" not in off else "",
        subject_id=subject_id,
        task_id=task.id if task else None,
    )


def possible(granularity: int | None, total: int | None, *, least: int) -> int | None:
    """Return a number of steps into which the minutes can be divided, as near to the wanted one as there is."""
    if granularity is None or total is None:
        return granularity
    return minutes.fitting(granularity, total, least=least, most=MAX_STEPS)


def _due_of(task: Task, time_zone: str) -> date | None:
    return task.due_date or (task.due_at.astimezone(zone(time_zone)).date() if task.due_at else None)


async def _ratio(tx: Tx, kind: Kind) -> float:
    """Return how much longer than estimated the student takes for this kind of work, as far as that is known."""
    done = await store.done_tasks(tx, tx.user_id)
    ratios = {one: one.actual_minutes / one.estimated_minutes for one in done}
    same = [ratio for one, ratio in ratios.items() if kind_of(f"{one.title}\n{one.description}") == kind]
    return next((round(median(some), 2) for some in (same, list(ratios.values())) if len(some) >= MIN_DONE), 1.0)
