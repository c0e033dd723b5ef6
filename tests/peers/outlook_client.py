"""What the vendor's client does with a calendar: `sync` prints what changed, and `write` what became of events."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


def connected(base: str) -> Any:
    from kiota_abstractions.authentication import AuthenticationProvider  # type: ignore[import-not-found] # see LOCK
    from msgraph import GraphRequestAdapter, GraphServiceClient  # type: ignore[import-not-found]

    class Token(AuthenticationProvider):  # type: ignore[misc]
        async def authenticate_request(
            self, request: Any, additional_authentication_context: dict[str, Any] | None = None
        ) -> None:
            request.headers.try_add("authorization", "Bearer token")
            request.headers.try_add("prefer", 'IdType="ImmutableId", odata.maxpagesize=2')

    adapter = GraphRequestAdapter(Token())
    adapter.base_url = base
    return GraphServiceClient(request_adapter=adapter)


async def sync(base: str, link: str, calendar: str) -> dict[str, Any]:
    """Follow the links until the last page; return the events, removed ones as None, the link and the pages."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration  # type: ignore[import-not-found]
    from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder  # type: ignore[import-not-found]

    me = connected(base).me
    delta = me.calendars.by_calendar_id(calendar).calendar_view.delta if calendar else me.calendar_view.delta
    if link:
        page = await delta.with_url(link).get()
    else:
        window = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
            start_date_time="2026-11-01T00:00:00Z", end_date_time="2027-02-01T00:00:00Z"
        )
        page = await delta.get(request_configuration=RequestConfiguration(query_parameters=window))
    events, pages = dict[str, Any](), 1
    while True:
        for one in page.value:
            events[one.id] = None if "@removed" in one.additional_data else one.subject or one.type.value
        if not page.odata_next_link:
            return {"events": events, "link": page.odata_delta_link, "pages": pages}
        pages += 1
        page = await delta.with_url(page.odata_next_link).get()


async def write(base: str, calendar: str) -> dict[str, Any]:
    """Create an event twice with one transaction, change it, and delete another one."""
    from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone  # type: ignore[import-not-found]
    from msgraph.generated.models.event import Event  # type: ignore[import-not-found]

    events = connected(base).me.calendars.by_calendar_id(calendar).events

    def event(subject: str, transaction: str | None) -> Any:
        start, end = (DateTimeTimeZone(date_time=f"2026-12-02T{hour}:00:00", time_zone="UTC") for hour in ("09", "10"))
        return Event(subject=subject, start=start, end=end, transaction_id=transaction)

    first = await events.post(event("First", "transaction"))
    again = await events.post(event("First", "transaction"))
    other = await events.post(event("Other", None))
    changed = await events.by_event_id(first.id).patch(Event(subject="Changed"))
    await events.by_event_id(other.id).delete()
    read = await events.by_event_id(first.id).get()
    return {"ids": [first.id, again.id, changed.id], "subject": read.subject, "start": read.start.date_time}


async def calendars(base: str) -> list[Any]:
    found = await connected(base).me.calendars.get()
    return [[one.id, one.name, one.can_edit, one.hex_color] for one in found.value]


if __name__ == "__main__":
    commands: dict[str, Any] = {"sync": sync, "write": write, "calendars": calendars}
    print(json.dumps(asyncio.run(commands[sys.argv[1]](*sys.argv[2:]))))
