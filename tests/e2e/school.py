"""A school's server with a calendar that students subscribe to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

from tests.cast import Person, made
from tests.features.calendar.test_feeds import calendar, due, lecture

from studyteddy.bootstrap.runtime import Runtime
from studyteddy.events import FeedDue
from studyteddy.features.calendar.service import feed_sync
from studyteddy.features.calendar.store import feeds
from studyteddy.platform.identity import Identity

COURSES = {
    "en": ("Lecture: Waves and optics", "Essay on light", "Quiz 4", "Open day"),
    "de": ("Vorlesung: Wellen und Optik", "Aufsatz über das Licht", "Kurztest 4", "Tag der offenen Tür"),
    "ar": ("محاضرة: الموجات والبصريات", "مقال عن الضوء", "اختبار قصير 4", "يوم مفتوح"),
}
"""A lecture, two assignments and a whole day, by language."""


class School:
    """The calendar at `url` has the texts of `events`; any other address has none. `allow` is for `EGRESS_ALLOW`."""

    def __init__(self, port: int) -> None:
        self.events: list[str] = []
        self.allow = f"127.0.0.1:{port}"
        self.url = f"http://{self.allow}/secret-1234.ics"
        self.closed_url = f"http://{self.allow}/closed-1234.ics"

    async def subscribe(self, person: Person, running: Runtime, language: str, *, now: datetime) -> None:
        """Subscribe the person to the calendar, which changes then, and to one that is no longer there."""
        lesson, essay, quiz, visit = COURSES[language]

        def day(days: int) -> date:
            return now.date() + timedelta(days=days)

        lectures = [lecture(f"{n}", day(n), "090000", "103000", title=lesson) for n in (-3, -1, 1)]
        self.events = [*lectures, due(1, essay, day(1))]
        subject = await person.subject("Physics", color="#3f7db8")
        feed = await self._read(person, running, url=self.url, subjectId=subject["id"])
        whole = due(3, visit, day(-2)).replace("event-assignment", "event-calendar-event")
        self.events = [*lectures[1:], due(1, essay, day(3)), due(2, f"{quiz} [PHY 101]", day(3)), whole]
        await sync(person, running, feed)
        await self._read(person, running, url=self.closed_url)

    async def _read(self, person: Person, running: Runtime, **fields: str) -> str:
        feed: str = made(await person.post("/api/calendar/feeds", fields))["id"]
        await sync(person, running, feed)
        return feed


async def sync(person: Person, running: Runtime, feed: str) -> None:
    """Read a calendar without the jobs of others."""
    identity = Identity(UUID(person.user["id"]), UUID(person.user["id"]))
    async with running.db.transaction(identity) as tx:
        assert await feeds.ask(tx, identity.user_id, UUID(feed), next_run=tx.now, only_due=False)
        due = FeedDue(UUID(feed), tx.now)
    pause = running.calendar_pause
    await feed_sync.sync(running.db, running.field_encryption, running.egress_allowed, identity, due, pause=pause)


@contextmanager
def school() -> Iterator[School]:
    """Serve a school's calendar on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = calendar(*found.events).encode()
            is_there = found.url.endswith(self.path)
            self.send_response(200 if is_there else 404)
            self.send_header("content-type", "text/calendar")
            self.send_header("content-length", str(len(body) if is_there else 0))
            self.end_headers()
            if is_there:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """The address is a secret."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = School(server.server_port)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield found
        finally:
            server.shutdown()
