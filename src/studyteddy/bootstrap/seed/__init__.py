"""Sample data: a student's term of eight weeks, created by the features' services with a simulated clock.

The term depends only on the language, the time zone and the present: what happened (`history`), what is open
(`open_tasks`) and what is in another calendar (`subscription`) are steps (`steps`) that `simulation` plays. The texts
are in `texts/`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from studyteddy.bootstrap.runtime import Runtime, runtime
from studyteddy.bootstrap.seed.days import Days
from studyteddy.bootstrap.seed.history import FIRST_DAY, history
from studyteddy.bootstrap.seed.open_tasks import open_tasks
from studyteddy.bootstrap.seed.simulation import Clock, Simulation
from studyteddy.bootstrap.seed.steps import Step
from studyteddy.bootstrap.seed.subscription import subscription
from studyteddy.bootstrap.seed.texts import Language, Texts, load
from studyteddy.features.auth.schemas.accounts import EmailTaken, NewAccount
from studyteddy.features.auth.schemas.profile import PreferenceChanges, ProfileChanges
from studyteddy.features.auth.schemas.sessions import ClientInfo
from studyteddy.features.auth.service import accounts, profile
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import NewSubject
from studyteddy.platform.identity import Identity
from studyteddy.platform.local_time.dates import DayBoundary
from studyteddy.platform.settings import Settings

EMAIL, PASSWORD = "ada@example.org", "six weeks of study"
DEFAULT_ZONE = "Europe/Berlin"

_DAY_START = 240
_SUBJECTS = [
    ("physics", "#3f7db8", "atom", 240),
    ("history", "#b85a3a", "landmark", 180),
    ("chemistry", "#3d9070", "flask", 120),
    ("maths", "#7b5cab", "sigma", 180),
    ("spanish", "#d39a2d", "languages", 90),
    ("german", "#2b8b95", "book", 60),
]
"""Key, colour, icon and weekly target in minutes."""


def seed(
    settings: Settings,
    *,
    language: Language = "en",
    time_zone: str = DEFAULT_ZONE,
    now: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Add an account with six subjects and a term that ends `now`; return how to sign in. Safe to run again."""
    now = now or datetime.now(UTC)  # noqa: TID251 - the simulation ends at present
    days = Days(now, DayBoundary(time_zone, _DAY_START))
    asyncio.run(_seed(settings, days, language, progress))
    return f"Sign in as {EMAIL} with the password: {PASSWORD}"


def term(days: Days, texts: Texts) -> list[Step]:
    """Return the steps of the whole term, in the order in which those of one instant are played."""
    return [*open_tasks(days, texts), *history(days, texts), subscription(days, texts)]


async def _seed(settings: Settings, days: Days, language: Language, progress: Callable[[int, int], None]) -> None:
    clock, texts = Clock(days.planning(FIRST_DAY) - timedelta(hours=1)), load(language)
    async with runtime(settings, clock=clock, name="studyteddy-seed") as running:
        identity = await _register(running, days.boundary.time_zone)
        if identity is not None:
            ids = await _prepare(running, identity, language, texts)
            await Simulation(running, identity, clock, ids).play(term(days, texts), progress)


async def _register(running: Runtime, time_zone: str) -> Identity | None:
    new = NewAccount(EMAIL, PASSWORD, "Ada", time_zone)
    try:
        grant = await accounts.register(
            running.db,
            new,
            passwords=running.passwords,
            refresh=running.refresh_tokens,
            mailer=running.mailer,
            device=ClientInfo("seed", ""),
        )
    except EmailTaken:
        return None
    return Identity(grant.user.id, grant.session_id)


async def _prepare(running: Runtime, identity: Identity, language: Language, texts: Texts) -> dict[str, UUID]:
    """Set the language and add the subjects; return their ids by key."""
    ids: dict[str, UUID] = {}
    async with running.db.transaction(identity) as tx:
        await profile.update(tx, ProfileChanges(locale=language), if_match=None)
        await profile.update_preferences(tx, PreferenceChanges(language=language, onboarded=True))
        for key, color, icon, target in _SUBJECTS:
            words = texts.subjects[key]
            new = NewSubject(words.name, color, icon, words.description, weekly_target_minutes=target)
            ids[key] = (await subjects.add(tx, new)).id
    return ids
