"""An account at the emulated Outlook, and a copy of a calendar as the engine keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
from tests.peers.outlook import Graph, outlook
from tests.peers.outlook_rules import Rule

from studyteddy.features.calendar.providers.outlook import Outlook
from studyteddy.features.calendar.providers.provider import (
    Changes,
    OwnEvent,
    Provider,
    Resource,
    SignInRequired,
    Window,
)

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
MONDAY = datetime(2026, 12, 7, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


@dataclass
class Tokens:
    """Access tokens, the first of which may be rejected."""

    tokens: list[str] = field(default_factory=lambda: ["token"])

    async def get(self, rejected: str = "") -> str:
        if rejected and self.tokens[0] == rejected:
            self.tokens.pop(0)
        if not self.tokens:
            raise SignInRequired
        return self.tokens[0]


@dataclass
class Copy:
    """A calendar as it is after some rounds."""

    account: Provider
    calendar: str
    token: str = ""
    events: dict[str, Resource] = field(default_factory=dict)

    async def sync(self) -> list[Changes]:
        """Do a round and return its parts; only the last one has a token."""
        known = {ref: one.etag for ref, one in self.events.items()}
        parts, kept = list[Changes](), set[str]()
        async for part in self.account.changes(self.calendar, self.token, known, WINDOW):
            parts.append(part)
            self.events |= {one.ref: one for one in part.changed}
            kept |= {one.ref for one in part.changed} if part.is_full else set()
            for ref in part.removed:
                self.events.pop(ref, None)
                kept.discard(ref)
        assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
        assert [bool(part.token) for part in parts] == [part.is_last for part in parts]
        if parts[-1].is_full:
            self.events = {ref: one for ref, one in self.events.items() if ref in kept}
        self.token = parts[-1].token
        return parts

    def shown(self) -> list[tuple[str, str]]:
        """Return titles and starts, in order."""
        found = (lines(one) for one in self.events.values())
        return sorted((one["SUMMARY"], one.get("DTSTART") or one["DTSTART;VALUE=DATE"]) for one in found)


@dataclass
class Setup:
    """The emulator, and an account there whose default calendar is read."""

    graph: Graph
    account: Outlook
    copy: Copy

    @property
    def calendar(self) -> str:
        return self.graph.default

    def truth(self) -> list[tuple[str, str]]:
        """Return what `Copy.shown` should be."""
        store, found = self.graph.store, list[tuple[str, str]]()
        for one in store.events.values():
            if one.calendar == self.calendar and one.type != "seriesMaster" and one.is_in(WINDOW.since, WINDOW.until):
                values = store.events[one.master].values | one.values if one.type == "occurrence" else one.values
                found.append((values["subject"], f"{one.start:%Y%m%dT%H%M%SZ}"))
        return sorted(found)


@asynccontextmanager
async def setup(*, broken: Iterable[Rule] = ()) -> AsyncIterator[Setup]:
    async with outlook(broken=broken) as graph, httpx2.AsyncClient(trust_env=False) as http:
        account = Outlook(http, Tokens(), graph.base)
        calendar = next(one for one in await account.calendars() if one.name == "Calendar")
        graph.requests.clear()
        yield Setup(graph, account, Copy(account, calendar.ref))


@asynccontextmanager
async def checked() -> AsyncIterator[Setup]:
    """The same; what goes to and fro must keep the vendor's contract."""
    async with setup() as at:
        yield at
        assert at.graph.objections == []


def own(title: str = "Revision", start: datetime = MONDAY) -> OwnEvent:
    return OwnEvent(uuid4(), title, start, start + timedelta(minutes=50))


def lines(resource: Resource) -> dict[str, str]:
    """Return the lines of an event by what stands before the first colon."""
    unfolded = resource.body.decode().replace("\r\n ", "")
    return dict(line.split(":", 1) for line in unfolded.strip().split("\r\n"))
