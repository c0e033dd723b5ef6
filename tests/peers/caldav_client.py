"""What another client does: the library `caldav` creates a weekly series and moves one occurrence of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta


def main(url: str, username: str, password: str, calendar_url: str, start: str = "2026-12-01T09:00:00+00:00") -> None:
    import caldav  # type: ignore[import-not-found] # installed apart: see `caldav_servers.py`

    with caldav.DAVClient(url=url, username=username, password=password) as client:
        calendar = client.calendar(url=calendar_url)
        begin = datetime.fromisoformat(start).astimezone(UTC)
        event = calendar.add_event(
            uid="series@elsewhere",
            dtstart=begin,
            dtend=begin + timedelta(hours=1),
            summary="Lecture",
            rrule={"FREQ": "WEEKLY", "COUNT": 4},
        )
        second = begin + timedelta(days=7)
        found = calendar.search(start=second, end=second + timedelta(hours=1), event=True, expand=True)
        (occurrence,) = found
        component = occurrence.icalendar_component
        component["summary"] = "Lecture in the large hall"
        for name in ("dtstart", "dtend"):
            component[name].dt += timedelta(hours=3)
        occurrence.save(only_this_recurrence=True)
        print(event.url)


if __name__ == "__main__":
    main(*sys.argv[1:])
