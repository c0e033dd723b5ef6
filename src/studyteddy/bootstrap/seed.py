"""A believable student's term, made through the same actions that people use, with the clock set back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from studyteddy.bootstrap.runtime import Runtime, runtime, worker
from studyteddy.features.auth import service as auth
from studyteddy.features.auth.schemas import EmailTaken, From, NewAccount
from studyteddy.features.focus import service as focus
from studyteddy.features.focus.schemas import Completion, NewFocusSession
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import NewSubject
from studyteddy.features.tasks import service as tasks
from studyteddy.features.tasks.schemas import NewSubtask, NewTask, Priority, Task
from studyteddy.platform.identity import Identity
from studyteddy.platform.settings import Settings

EMAIL, PASSWORD = "ada@example.org", "six weeks of study"
WEEKS, TASKS = 6, 60

_SUBJECTS = [
    ("Physics", "#2563eb", "atom", ["Problem set on {}", "Lab report: {}", "Read the chapter on {}"]),
    ("Linear Algebra", "#7c3aed", "grid", ["Exercises on {}", "Prove the theorem on {}", "Flashcards: {}"]),
    ("History", "#b45309", "landmark", ["Essay about {}", "Read the sources on {}", "Timeline of {}"]),
    ("Biology", "#15803d", "leaf", ["Summarise {}", "Draw and label {}", "Quiz on {}"]),
    ("Spanish", "#be123c", "languages", ["Vocabulary: {}", "Conversation about {}", "Write a letter about {}"]),
]
_TOPICS = {
    "Physics": ["waves", "momentum", "electric fields", "entropy", "optics", "circuits"],
    "Linear Algebra": ["eigenvalues", "orthogonality", "determinants", "bases", "least squares", "projections"],
    "History": ["the printing press", "the Hanseatic League", "1848", "decolonisation", "the Silk Road", "Versailles"],
    "Biology": ["the cell cycle", "photosynthesis", "enzymes", "heredity", "the nephron", "ecosystems"],
    "Spanish": ["travel", "food", "the subjunctive", "family", "the city", "work"],
}


class _Clock:
    """Stands where the story is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def seed(settings: Settings, *, progress: Callable[[int, int], None] = lambda done, total: None) -> str:
    """Adds 5 subjects and 60 tasks with 6 weeks of sessions and completions; says how to sign in. Twice is once."""
    asyncio.run(_seed(settings, progress))
    return f"Sign in as {EMAIL} with the password: {PASSWORD}"


async def _seed(settings: Settings, progress: Callable[[int, int], None]) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the story ends today
    clock = _Clock(now - timedelta(weeks=WEEKS))
    async with runtime(settings, clock=clock, name="studyteddy-seed") as running:
        identity = await _register(running)
        if identity is not None:
            await _live_through(running, identity, clock, now, progress)


async def _register(running: Runtime) -> Identity | None:
    given = running.resources
    new = NewAccount(EMAIL, PASSWORD, "Ada", "Europe/Berlin")
    try:
        grant = await auth.register(
            running.db, new, passwords=given["passwords"], refresh=given["refresh_tokens"], device=From("seed", "")
        )
    except EmailTaken:
        return None
    return Identity(grant.user.id, grant.session_id)


async def _live_through(
    running: Runtime, identity: Identity, clock: _Clock, now: datetime, progress: Callable[[int, int], None]
) -> None:
    chance = random.Random(20)
    working = worker(running)
    ids: dict[str, UUID] = {}
    for name, color, icon, _ in _SUBJECTS:
        async with running.db.transaction(identity) as tx:
            ids[name] = (await subjects.add(tx, NewSubject(name, color, icon, weekly_target_minutes=120))).id
    for number in range(TASKS):
        created = now - timedelta(weeks=WEEKS) + timedelta(days=number * (WEEKS * 7 - 1) / TASKS, hours=chance.random())
        clock.at = _awake(created, now)
        await _one_task(running, identity, clock, now, chance, ids)
        await working.run_due()
        progress(number + 1, TASKS)


async def _one_task(
    running: Runtime, identity: Identity, clock: _Clock, now: datetime, chance: random.Random, ids: dict[str, UUID]
) -> None:
    name, _, _, titles = chance.choice(_SUBJECTS)
    due = clock.at + timedelta(days=chance.randint(1, 10))
    new = NewTask(
        title=chance.choice(titles).format(chance.choice(_TOPICS[name])),
        subject_id=ids[name],
        priority=chance.choice(_PRIORITIES),
        due_date=due.date(),
        estimated_minutes=chance.choice([25, 45, 60, 90, 120]),
        labels=chance.sample(["exam", "homework", "reading", "group work"], chance.randint(0, 2)),
    )
    begun, done = clock.at, _awake(clock.at + timedelta(days=chance.uniform(1, 8)), now)
    async with running.db.transaction(identity) as tx:
        task = await tasks.add(tx, new)
    if chance.random() < 0.3:
        for step in ("Collect what is needed", "Do the work", "Look over it once more"):
            async with running.db.transaction(identity) as tx:
                await tasks.add_step(tx, task.id, NewSubtask(step))
    await _study(running, identity, clock, (begun, min(done, now)), task)
    if done < now:
        clock.at = done
        async with running.db.transaction(identity) as tx:
            await tasks.complete(tx, task.id)


def _awake(at: datetime, latest: datetime) -> datetime:
    """An hour of the same day at which students work, unless it would be after `latest`."""
    moved = at.replace(hour=13 + at.hour % 7)
    return moved if moved <= latest else at


async def _study(
    running: Runtime, identity: Identity, clock: _Clock, between: tuple[datetime, datetime], task: Task
) -> None:
    """Some pomodoros between the first look at a task and its end."""
    chance = random.Random(task.title)  # of its own, so that the tasks are the same with and without sessions
    for _ in range(chance.randint(0, 3)):
        planned = chance.choice([25, 25, 50, 75])
        clock.at = _awake(between[0] + (between[1] - between[0]) * chance.uniform(0, 0.6), between[1])
        async with running.db.transaction(identity) as tx:
            session = await focus.begin(tx, NewFocusSession("pomodoro", planned, task_id=task.id))
        clock.at += timedelta(minutes=planned * chance.uniform(0.5, 1.1))
        how = Completion(chance.randint(2, 5), chance.randint(2, 5), interruptions=chance.choice([0, 0, 1, 2]))
        async with running.db.transaction(identity) as tx:
            await focus.complete(tx, session.id, how)


_PRIORITIES: list[Priority] = ["low", "medium", "medium", "high", "urgent"]
