"""What another client does: `gcal_sync`, the engine of Home Assistant. Reads commands, and writes answers."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from typing import Any


async def main(api: str, token: str) -> None:
    import aiohttp  # type: ignore[import-not-found] # installed apart: see `google_clients.py`
    from gcal_sync.api import GoogleCalendarService, LocalListEventsRequest  # type: ignore[import-not-found]
    from gcal_sync.auth import AbstractAuth  # type: ignore[import-not-found]
    from gcal_sync.sync import CalendarEventSyncManager, CalendarListSyncManager  # type: ignore[import-not-found]

    class Auth(AbstractAuth):  # type: ignore[misc]
        async def async_get_access_token(self) -> str:
            return token

    async with aiohttp.ClientSession() as session:
        service = GoogleCalendarService(Auth(session, api))
        managers: dict[str, Any] = {}
        lists = CalendarListSyncManager(service)

        async def sync(calendar: str, since: str, until: str) -> Any:
            """Return the titles and starts of the events, of which the client expands the series."""
            manager = managers.setdefault(calendar, CalendarEventSyncManager(service, calendar))
            await manager.run()
            window = {"start_time": datetime.fromisoformat(since), "end_time": datetime.fromisoformat(until)}
            found = await manager.store_service.async_list_events(LocalListEventsRequest(**window))
            return [[one.summary, one.start.value.isoformat()] for one in found.events]

        async def delete(calendar: str, uid: str, instance: str | None) -> Any:
            await managers[calendar].store_service.async_delete_event(uid, instance)
            return None

        async def calendars() -> Any:
            await lists.run()
            return [[one.id, one.access_role] for one in (await lists.store_service.async_list_calendars()).calendars]

        commands: dict[str, Any] = {"sync": sync, "delete": delete, "calendars": calendars}
        while line := await asyncio.to_thread(sys.stdin.readline):
            command, *arguments = json.loads(line)
            print(json.dumps(await commands[command](*arguments)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
