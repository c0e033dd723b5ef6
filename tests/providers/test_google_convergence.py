"""Whatever happens in a calendar of Google, and to the connection, our copy of it is what is there in the end."""

from __future__ import annotations

import random

import pytest
from tests.peers.google_calendar import Fault
from tests.providers.google_world import ALICE, WINDOW, World, at, since, weekly, world

from studyteddy.features.calendar.providers.google import GoogleCalendar
from studyteddy.features.calendar.providers.provider import Failing, Resource


class Student:
    """Changes the calendar at random, as students and their programs do."""

    def __init__(self, google: World, seed: int) -> None:
        self.random = random.Random(seed)
        self._google = google
        self._calendar = google.server.calendars[ALICE]

    def act(self) -> None:
        names = ("meet", "meet", "repeat", "change_instance", "cancel", "expire", "resize")
        for _ in range(self.random.randint(1, 4)):
            getattr(self, self.random.choice(names))()

    def meet(self) -> None:
        """Create or move an event, perhaps to the next years, and perhaps all day."""
        day, year = self.random.randint(1, 28), self.random.choice((2026, 2026, 2027))
        when = {"date": f"{year}-12-{day:02}"} if self.random.random() < 0.3 else {**at(day), "timeZone": "UTC"}
        id, status = f"event{self.random.randint(0, 5)}", self.random.choice(("confirmed", "tentative"))
        self._google.put(id, start=when, end=when, status=status, recurrence=None)

    def repeat(self) -> None:
        """Create or change a series, or repeat an event."""
        id = self.random.choice(("series0", "series1", "event0", "event1"))
        self._google.put(id, **weekly(self.random.randint(1, 20), self.random.choice((10, 11))), status="confirmed")

    def change_instance(self) -> None:
        series = [one for one in self._calendar.documents.values() if self._calendar.instances(one)]
        if series:
            one = self.random.choice(self._calendar.instances(self.random.choice(series)))
            status = self.random.choice(("confirmed", "cancelled"))
            more = {"start": at(self.random.randint(1, 28), 9, 11), "end": at(28, 11, 11), "status": status}
            id = one.pop("id")
            self._google.server.put(ALICE, id, **{**one, **more})

    def cancel(self) -> None:
        if self._calendar.documents:
            self._google.put(self.random.choice(list(self._calendar.documents)), status="cancelled")

    def expire(self) -> None:
        if self.random.random() < 0.2:
            self._calendar.forgotten = self._calendar.version

    def resize(self) -> None:
        lists = self._google.server.lists
        lists.page_size, lists.empty_pages = self.random.choice((1, 3, 250)), self.random.random() < 0.3


class Copy:
    """What we have of a calendar, kept as `Changes` says."""

    def __init__(self) -> None:
        self.token = ""
        self.known = dict[str, Resource]()

    async def bring_up_to_date(self, client: GoogleCalendar) -> None:
        """Apply the parts of a round; if it fails in the middle, what came is kept, and the token stays the same."""
        seen = set[str]()
        tags = {ref: one.etag for ref, one in self.known.items()}
        async for part in client.changes(ALICE, self.token, tags, WINDOW):
            self.known |= {one.ref: one for one in part.changed}
            for ref in part.removed:
                self.known.pop(ref, None)
            if part.is_full:
                seen |= {one.ref for one in part.changed}
            if part.is_last:
                self.token = part.token
                if part.is_full:
                    self.known = {ref: one for ref, one in self.known.items() if ref in seen}


@pytest.mark.parametrize("seed", range(12))
async def test_our_copy_is_what_is_there(seed: int) -> None:
    async with world() as google:
        student, client, copy = Student(google, seed), google.client(), Copy()
        for _ in range(15):
            student.act()
            if student.random.random() < 0.2:
                failing = Fault("/events", 403, "rateLimitExceeded", skip=student.random.randint(0, 3))
                google.server.faults.append(failing)
                try:
                    await copy.bring_up_to_date(client)
                except Failing:
                    continue
                finally:
                    google.server.faults.clear()
            await copy.bring_up_to_date(client)
            assert copy.known == {one.ref: one for one in (await since(google.client())).changed}
