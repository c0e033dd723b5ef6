"""What changed in a calendar of Microsoft Graph, by delta queries over a time window.

Sources: Microsoft's "Get incremental changes to events in a calendar view" and "event: delta", and what others found
out: occurrences of a series come without their content; if a series changes, it comes whole, and what it lost isn't
called removed, but just isn't there; and its master often comes too, with the time of the first occurrence, though it
isn't an event itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import field

from studyteddy.features.calendar.providers import outlook_api, outlook_events
from studyteddy.features.calendar.providers.outlook_api import Api
from studyteddy.features.calendar.providers.outlook_events import MINE
from studyteddy.features.calendar.providers.provider import Changes, Failing, Resource, Window

MAX_PAGES: Final = 1000
MAX_INSTANCES: Final = 100
"""Pages of a series that are read."""
MAX_MASTERS: Final = 5000
"""Series of a round."""
_PROPERTIES: Final = "singleValueExtendedProperties"
_WITH_MINE: Final = {"$expand": f"{_PROPERTIES}($filter=id eq '{MINE}')"}
_AGAIN: Final = "again:"
"""How our token begins if the link in it must be asked once more."""


class _Page(msgspec.Struct):
    value: list[dict[str, Any]]
    next_link: str = field(default="", name="@odata.nextLink")
    delta_link: str = field(default="", name="@odata.deltaLink")


class _Forgotten(Exception):
    """Microsoft doesn't know a link any more."""


async def changes(
    api: Api, calendar: str, token: str, known: Mapping[str, str], window: Window, *, own: bool = False
) -> AsyncIterator[Changes]:
    """Yield what changed, as `Provider.changes` says. In a calendar of our `own`, events that we wrote are told.

    If the master of an occurrence isn't found, the occurrence is delivered as an untitled busy event. It won't be sent
    again when the master appears, so the token is then the one of before: the next round repeats this one, and accepts
    that the master is missing.
    """
    link = token.removeprefix(_AGAIN)
    starts = [link] if api.is_link(link) else []
    for start in (*starts, "", ""):  # a full round, too, can be forgotten between two pages
        try:
            round_ = _Round(api, calendar, start, known, is_repeated=token.startswith(_AGAIN), own=own)
            async for part in round_.parts(window):
                yield part
            return
        except _Forgotten:
            continue
    raise Failing("invalid_response")


class _Round:
    """A round that begins with a link, or with "" for everything in the window."""

    def __init__(
        self, api: Api, calendar: str, start: str, known: Mapping[str, str], *, is_repeated: bool, own: bool
    ) -> None:
        self._api = api
        self._calendar = calendar
        self._start = start
        self._known = known
        self._is_repeated = is_repeated
        self._own = own
        self._masters = dict[str, Mapping[str, Any] | None]()
        self._lacks_master = False
        self._present = set[str]()
        """Refs of what the round delivered as existing."""
        self._series = defaultdict[str, list[str]](list)
        """The known refs of each series by its tag."""
        self._touched = dict[str, str]()
        """The masters of series of which something came, by tag; "" for those that ended."""
        for ref, tag in known.items() if start else ():
            if ":" in tag:
                self._series[tag[: tag.index(":") + 1]].append(ref)

    async def parts(self, window: Window) -> AsyncIterator[Changes]:
        """Yield the pages of the round as parts; raise `_Forgotten`."""
        link, seen, is_full = self._start, {self._start}, not self._start
        for _ in range(MAX_PAGES):
            page = await self._page(link, window)
            changed, removed = await self._read(page.value)
            link = page.next_link or page.delta_link
            if not self._api.is_link(link):
                break
            if not page.next_link:
                removed += await self._left_behind(window)
                yield Changes(changed, removed, self._token(link), is_full, is_last=True)
                return
            yield Changes(changed, removed, "", is_full, is_last=False)
            if link in seen:
                break
            seen.add(link)
        raise Failing("invalid_response")

    async def _page(self, link: str, window: Window) -> _Page:
        path = link or f"me/calendars/{self._calendar}/calendarView/delta"
        answer = await self._api.send("GET", path, query=None if link else _query(window))
        if outlook_api.has_forgotten(answer):
            raise _Forgotten
        if answer.status != 200:
            raise outlook_api.failure(answer)
        return outlook_api.parsed(answer.data, _Page)

    async def _read(self, rows: list[dict[str, Any]]) -> tuple[list[Resource], list[str]]:
        """Return what a page says exists and what doesn't, as events; of two rows with an id, the later one."""
        latest = {row["id"]: row for row in rows if outlook_api.is_id(row.get("id"))}
        self._masters.update({key: row for key, row in latest.items() if row.get("type") == "seriesMaster"})
        changed, removed = list[Resource](), list[str]()
        for key, row in latest.items():
            ref = f"{self._calendar}/{outlook_api.segment(key)}"
            is_master = row.get("type") == "seriesMaster"
            master = key if is_master else row.get("seriesMasterId")
            if outlook_api.is_id(master):
                self._touched[outlook_events.series_tag(master)] = master
            else:
                self._touched[outlook_events.series_tag(key)] = ""
            found = None if "@removed" in row or is_master else await self._event(ref, row)
            if found is None:
                removed.append(ref)
            else:
                changed.append(found)
                self._present.add(ref)
        return changed, removed

    async def _event(self, ref: str, row: dict[str, Any]) -> Resource | None:
        """Return an event, or None if it can't be read."""
        master_id = row.get("seriesMasterId")
        if outlook_api.is_id(master_id) and row.get("showAs") is None:
            master = await self._master(master_id)
            self._lacks_master = self._lacks_master or master is None
            # The entity tag is the master's: it changes with the content, and with the pattern that gives the time.
            # Without a master there is none, so that the content, when it is found, has another one.
            own = {name: value for name, value in row.items() if value is not None and name != "@odata.etag"}
            row = {**(master or {}), **own}
        elif self._own and not master_id and ref not in self._known:
            # Only now, since delta queries can't be asked for extended properties.
            answer = await self._api.send("GET", outlook_api.event_path(ref), query=_WITH_MINE)
            if answer.status not in (200, 404):
                raise outlook_api.failure(answer)
            if answer.status == 200:
                found = outlook_api.parsed(answer.data, dict[str, Any])
                row = {**row, _PROPERTIES: found.get(_PROPERTIES)}
        return outlook_events.resource(self._calendar, row)

    async def _master(self, key: str) -> Mapping[str, Any] | None:
        if key not in self._masters:
            if len(self._masters) >= MAX_MASTERS:
                raise Failing("too_large")
            path = outlook_api.event_path(f"{self._calendar}/{outlook_api.segment(key)}")
            answer = await self._api.send("GET", path)
            if answer.status not in (200, 404):
                raise outlook_api.failure(answer)
            self._masters[key] = outlook_api.parsed(answer.data, dict[str, Any]) if answer.status == 200 else None
        return self._masters[key]

    async def _left_behind(self, window: Window) -> list[str]:
        """Return the refs of what series had before and don't have any more, after reading those in doubt again."""
        left = list[str]()
        for tag, master in self._touched.items():
            missing = [ref for ref in self._series.get(tag, ()) if ref not in self._present]
            existing = await self._instances(master, window) if missing and master else set[str]()
            left += (ref for ref in missing if existing is not None and ref not in existing)
        return left

    async def _instances(self, master: str, window: Window) -> set[str] | None:
        """Return the refs of what a series has in the window, or None if its master isn't found yet."""
        path = outlook_api.event_path(f"{self._calendar}/{outlook_api.segment(master)}")
        link, query, found = f"{path}/instances", _query(window) | {"$select": "id"}, set[str]()
        for _ in range(MAX_INSTANCES):
            answer = await self._api.send("GET", link, query=query or None)
            if answer.status == 404:
                self._lacks_master = True
                return set() if self._is_repeated else None
            if answer.status != 200:
                raise outlook_api.failure(answer)
            page = outlook_api.parsed(answer.data, _Page)
            found |= {f"{self._calendar}/{outlook_api.segment(str(row.get('id')))}" for row in page.value}
            link, query = page.next_link, {}
            if not link:
                return found
        raise Failing("invalid_response")

    def _token(self, link: str) -> str:
        return f"{_AGAIN}{self._start}" if self._lacks_master and not self._is_repeated else link


def _query(window: Window) -> dict[str, str]:
    return {"startDateTime": _instant(window.since), "endDateTime": _instant(window.until)}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
