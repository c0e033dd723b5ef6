"""Plays the steps of a term through the features' services, with a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import singledispatchmethod
from itertools import groupby
from uuid import UUID

from msgspec.structs import replace

from studyteddy.bootstrap.runtime import Runtime, worker
from studyteddy.bootstrap.seed.steps import (
    Action,
    AddTask,
    AskTutor,
    AttachFile,
    ChangeTask,
    CompleteSession,
    CompleteSubtasks,
    CompleteTask,
    InterruptSession,
    PlanSession,
    ReadNotifications,
    Remember,
    SkipTask,
    StartSession,
    Step,
    Subscribe,
)
from studyteddy.features.ai.providers.scripted import Scripted
from studyteddy.features.ai.schemas.chats import NewMessage, TutorMeta
from studyteddy.features.ai.service import chats, memory
from studyteddy.features.attachments import service as attachments
from studyteddy.features.attachments.schemas import NewAttachment
from studyteddy.features.calendar.schemas.feeds import NewFeed
from studyteddy.features.calendar.service import feed_sync, feeds
from studyteddy.features.focus.schemas.commands import Command, NewInterruption
from studyteddy.features.focus.service import commands
from studyteddy.features.notifications import service as notifications
from studyteddy.features.notifications.schemas import ReadRequest
from studyteddy.features.tasks.schemas.series import NewOccurrence
from studyteddy.features.tasks.schemas.subtasks import NewSubtask, SubtaskChanges
from studyteddy.features.tasks.service import series, subtasks, tasks
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity

_NIGHT = timedelta(hours=4)
_RECENT = timedelta(days=2)
"""How long ago jobs run after each step, so that they date notifications well; before that, they run once a day."""


class Clock:
    """The simulated time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Simulation:
    """Plays steps for one student; remembers the ids of what they created by their keys."""

    def __init__(self, running: Runtime, identity: Identity, clock: Clock, subjects: dict[str, UUID]) -> None:
        self._running, self._identity, self._clock, self._subjects = running, identity, clock, subjects
        self._tasks: dict[str, UUID] = {}
        self._sessions: dict[str, UUID] = {}
        self._chats: dict[str, UUID] = {}

    async def play(self, steps: Iterable[Step], progress: Callable[[int, int], None]) -> None:
        """Play the steps in the order of their instants; those of one instant share a transaction."""
        ordered = sorted(steps, key=lambda step: step.at)
        working, done = worker(self._running), 0
        groups = [(at, [*group]) for at, group in groupby(ordered, key=lambda step: step.at)]
        for (at, group), (following, _) in zip(
            groups, [*groups[1:], (datetime.max.replace(tzinfo=UTC), [])], strict=True
        ):
            self._clock.at = at
            await self._play([step.action for step in group])
            if following - at > _NIGHT or at > ordered[-1].at - _RECENT:
                await working.run_due()
            done += len(group)
            progress(done, len(ordered))

    async def _play(self, actions: list[Action]) -> None:
        async with self._running.db.transaction(self._identity) as tx:
            for action in actions:
                if not isinstance(action, AttachFile | AskTutor | Subscribe):
                    await self._do(action, tx)
        for action in actions:
            if isinstance(action, AttachFile):
                await self._attach(action)
            elif isinstance(action, AskTutor):
                await self._ask(action)
            elif isinstance(action, Subscribe):
                await self._subscribe(action)

    @singledispatchmethod
    async def _do(self, action: Action, tx: Tx) -> None:
        raise TypeError(action)

    @_do.register
    async def _(self, action: AddTask, tx: Tx) -> None:
        new = replace(action.new, subject_id=self._subjects[action.subject])
        task = await tasks.add(tx, new)
        self._tasks[action.task] = task.id
        for title in action.subtasks:
            await subtasks.add(tx, task.id, NewSubtask(title))

    @_do.register
    async def _(self, action: ChangeTask, tx: Tx) -> None:
        await tasks.update(tx, await tasks.lock(tx, self._tasks[action.task]), action.changes)

    @_do.register
    async def _(self, action: CompleteTask, tx: Tx) -> None:
        await tasks.complete(tx, await self._occurrence(action, tx))

    @_do.register
    async def _(self, action: SkipTask, tx: Tx) -> None:
        await series.skip(tx, await self._occurrence(action, tx))

    @_do.register
    async def _(self, action: CompleteSubtasks, tx: Tx) -> None:
        task_id = self._tasks[action.task]
        for subtask in (await subtasks.of_task(tx, tx.user_id, task_id)).items[: action.count]:
            await subtasks.update(tx, task_id, subtask.id, SubtaskChanges(completed=True), if_match=None)

    @_do.register
    async def _(self, action: PlanSession, tx: Tx) -> None:
        new = replace(action.new, task_id=self._tasks[action.task])
        self._sessions[action.session] = (await commands.begin(tx, new)).id

    @_do.register
    async def _(self, action: StartSession, tx: Tx) -> None:
        if action.new is None:
            await commands.start(tx, self._sessions[action.session], Command())
            return
        new = replace(action.new, task_id=self._tasks[action.task])
        self._sessions[action.session] = (await commands.begin(tx, new)).id

    @_do.register
    async def _(self, action: InterruptSession, tx: Tx) -> None:
        await commands.interrupt(tx, self._sessions[action.session], NewInterruption(action.reason))

    @_do.register
    async def _(self, action: CompleteSession, tx: Tx) -> None:
        await commands.complete(tx, self._sessions[action.session], action.details)

    @_do.register
    async def _(self, action: Remember, tx: Tx) -> None:
        await memory.add(tx, action.new)

    @_do.register
    async def _(self, action: ReadNotifications, tx: Tx) -> None:
        await notifications.read(tx, ReadRequest(all=True))

    async def _occurrence(self, action: CompleteTask | SkipTask, tx: Tx) -> UUID:
        """Return the task of an action, or the occurrence of its series."""
        task_id = self._tasks[action.task]
        if action.day is None:
            return task_id
        return (await series.create_occurrence(tx, task_id, NewOccurrence(action.day.isoformat()))).id

    async def _attach(self, action: AttachFile) -> None:
        running, data = self._running, action.text.encode()
        task_id = self._tasks[action.task]
        new = NewAttachment(action.name, "text/markdown", len(data))
        async with running.db.transaction(self._identity) as tx:
            begun = await attachments.declare(tx, task_id, new, storage=running.storage)
        given = (running.db, running.storage)
        attachment_id = begun.attachment.id
        await attachments.upload(*given, self._identity, task_id, attachment_id, data)
        await attachments.finish(*given, running.image_threads, self._identity, task_id, attachment_id)

    async def _ask(self, action: AskTutor) -> None:
        """Get the built-in model's response, whichever model the server has: sample data costs nothing."""
        ai = replace(self._running.ai, model=Scripted())
        chat_id = self._chats.get(action.task)
        new = NewMessage(action.message, chat_id=chat_id, task_id=None if chat_id else self._tasks[action.task])
        async for event in chats.answer(self._running.db, ai, self._identity, new):
            if isinstance(event.data, TutorMeta):
                self._chats[action.task] = event.data.chat_id

    async def _subscribe(self, action: Subscribe) -> None:
        running, identity = self._running, self._identity
        async with running.db.transaction(identity) as tx:
            feed = await feeds.add(tx, NewFeed(action.url), running.field_encryption)
        self._clock.at += timedelta(seconds=1)  # so that the job of the subscription finds it read
        await feed_sync.take(running.db, identity, feed.id, action.text.encode(), pause=action.pause)
