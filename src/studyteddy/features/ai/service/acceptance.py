"""Accepting a proposal: the steps that the student keeps become subtasks, once however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.proposals import Acceptance, AcceptedStep, Changes, NoSuchProposal, StoredProposal
from studyteddy.features.ai.schemas.steps import Step
from studyteddy.features.ai.service import references
from studyteddy.features.ai.store import proposals as store
from studyteddy.features.tasks.schemas.lists import ListedTask
from studyteddy.features.tasks.schemas.subtasks import NewSubtask, Subtask, SubtaskOrder
from studyteddy.features.tasks.schemas.tasks import NewTask, Task
from studyteddy.features.tasks.service import subtasks, tasks
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid, invalid
from studyteddy.platform.telemetry import AI_STEPS


async def accept(tx: Tx, proposal_id: UUID, acceptance: Acceptance) -> ListedTask:
    """Save the accepted steps as subtasks of a task, once however often it is sent; raise 404, 409, 422."""
    await tx.lock_user()
    proposal = await store.lock(tx, tx.user_id, proposal_id)
    if proposal is None:
        raise NoSuchProposal()
    if proposal.accepted_task_id is not None:
        return await _with_subtasks(tx, proposal.accepted_task_id)
    chosen = _chosen(proposal, acceptance.steps)
    task = await _task_for(tx, proposal, acceptance)
    added = [await subtasks.add(tx, task.id, NewSubtask(one.title, one.minutes, one.due_date)) for one in chosen]
    if proposal.subtask_id is not None:
        await _replace(tx, task.id, proposal.subtask_id, added)
    changes = _changes(proposal, acceptance.steps)
    await store.mark_accepted(tx, tx.user_id, proposal.id, task_id=task.id, changes=changes, at=tx.now)
    found = await _with_subtasks(tx, task.id)
    _count(proposal, acceptance.steps)
    return found


def _chosen(proposal: StoredProposal, accepted: Sequence[AcceptedStep]) -> list[Step]:
    """Return the accepted steps with the student's changes; raise 422 for one that isn't there, or twice."""
    faults = [
        Fault(f"/steps/{place}/index", "no_such_step", "Each index must be one of the proposal's steps, once.")
        for place, one in enumerate(accepted)
        if one.index >= len(proposal.steps) or one.index in {other.index for other in accepted[:place]}
    ]
    if faults:
        raise Invalid(faults=faults)
    return [_changed(proposal.steps[one.index], one) for one in accepted]


def _changed(step: Step, accepted: AcceptedStep) -> Step:
    title, minutes = accepted.title or step.title, accepted.minutes or step.minutes
    return msgspec.structs.replace(step, title=title, minutes=minutes)


async def _task_for(tx: Tx, proposal: StoredProposal, acceptance: Acceptance) -> Task:
    """Return the task that gets the subtasks, a new one if the student wants it; raise 404, 409, 422."""
    if acceptance.task is not None and acceptance.task_id is not None:
        raise _one_of("/taskId", "/task")
    if acceptance.task is not None and proposal.subtask_id is not None:
        raise invalid("/task", "in_its_task", "The parts of a subtask stay in its task. Leave out `task`.")
    if acceptance.task is not None:
        return await tasks.add(tx, _with_defaults(acceptance.task, proposal))
    task_id = acceptance.task_id or proposal.task_id
    if task_id is None or (proposal.subtask_id is not None and task_id != proposal.task_id):
        raise _one_of("/taskId", "/task")
    return await references.task(tx, task_id)


def _with_defaults(new: NewTask, proposal: StoredProposal) -> NewTask:
    """Return a new task with the subject and the due date of the proposal, unless it has its own."""
    due = proposal.due_date if new.due_at is None and new.recurrence is None else None
    return msgspec.structs.replace(new, subject_id=new.subject_id or proposal.subject_id, due_date=new.due_date or due)


async def _replace(tx: Tx, task_id: UUID, subtask_id: UUID, added: Sequence[Subtask]) -> None:
    """Put the parts where the subtask was, and delete it; the others keep their ids and their order."""
    ids = [one.id for one in (await subtasks.of_task(tx, tx.user_id, task_id)).items]
    before = [one for one in ids if one not in {part.id for part in added}]
    at = before.index(subtask_id) if subtask_id in before else len(before)
    order = [*before[:at], *(part.id for part in added), *before[at:]]
    await subtasks.reorder(tx, task_id, SubtaskOrder(order))
    if subtask_id in before:
        await subtasks.delete(tx, task_id, subtask_id, if_match=None)


def _changes(proposal: StoredProposal, accepted: Sequence[AcceptedStep]) -> Changes:
    """Return what the student changed."""
    pairs = _pairs(proposal, accepted)
    indices = [one.index for one in accepted]
    return Changes(
        proposed=len(proposal.steps),
        kept=len(accepted),
        retitled=sum(one.title not in (None, step.title) for step, one in pairs),
        retimed=sum(one.minutes not in (None, step.minutes) for step, one in pairs),
        reordered=indices != sorted(indices),
    )


def _count(proposal: StoredProposal, accepted: Sequence[AcceptedStep]) -> None:
    """Count what became of the steps: the quality of proposals, for operators."""
    edited = sum(_changed(step, one) != step for step, one in _pairs(proposal, accepted))
    outcomes = {"unchanged": len(accepted) - edited, "edited": edited, "dropped": len(proposal.steps) - len(accepted)}
    for outcome, steps in outcomes.items():
        AI_STEPS.labels(proposal.source, outcome).inc(steps)


def _pairs(proposal: StoredProposal, accepted: Sequence[AcceptedStep]) -> list[tuple[Step, AcceptedStep]]:
    return [(proposal.steps[one.index], one) for one in accepted]


async def _with_subtasks(tx: Tx, task_id: UUID) -> ListedTask:
    task = await tasks.get(tx, tx.user_id, task_id)
    steps = await subtasks.of_task(tx, tx.user_id, task_id)
    return ListedTask(**msgspec.structs.asdict(task), subtasks=steps.items)


def _one_of(*pointers: str) -> Invalid:
    names = " and ".join(f"`{pointer[1:]}`" for pointer in pointers)
    return invalid(pointers[0], "exactly_one", f"Provide exactly one of {names}.")
