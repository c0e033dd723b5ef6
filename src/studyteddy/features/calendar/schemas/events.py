"""What is in a student's calendars, and when there is time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.features.calendar.schemas.feeds import CalendarEvent
from studyteddy.platform.fields import Instant


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time of at most 62 days."""

    from_: Annotated[Instant, Meta(description="The beginning.")] = msgspec.field(name="from")
    to: Annotated[Instant, Meta(description="The end.")]


class AvailabilityQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time of at most 62 days, and how long a free slot has to be."""

    from_: Annotated[Instant, Meta(description="The beginning.")] = msgspec.field(name="from")
    to: Annotated[Instant, Meta(description="The end.")]
    minutes: Annotated[int, Meta(ge=5, le=1440, description="The shortest slot.")]


class CalendarEvents(msgspec.Struct, frozen=True):
    """The events of a time, the earliest first; at most 2,000."""

    items: list[CalendarEvent]


class Slot(msgspec.Struct, frozen=True, rename="camel"):
    """A time without a busy event or a planned focus session."""

    starts_at: datetime
    ends_at: datetime


class Availability(msgspec.Struct, frozen=True):
    """The free slots of a time, the earliest first."""

    slots: list[Slot]
