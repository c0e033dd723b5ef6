"""Calendars: those that a student subscribes to, and the student's plan, published for other calendar programs.

Owns: published feeds, and feeds with their events, changes and courses. Publishes: calendar.published, feed.due,
feed.updated, feed.deleted. Reacts to: feed.due, feed.updated, password.changed.
"""

from __future__ import annotations

from studyteddy.features.calendar import jobs
from studyteddy.features.calendar.api import events as events_api
from studyteddy.features.calendar.api import feeds as feeds_api
from studyteddy.features.calendar.api import published_feed as published_feed_api
from studyteddy.features.calendar.store import courses, events, feeds, published_feed
from studyteddy.platform.feature import Feature

FEATURE = Feature(
    routers=(feeds_api.router, events_api.router, published_feed_api.router),
    jobs=(jobs.jobs,),
    data_exports=(*published_feed.DATA_EXPORTS, *feeds.DATA_EXPORTS, *events.DATA_EXPORTS, *courses.DATA_EXPORTS),
    retention=(*feeds.RETENTION, *events.RETENTION),
    sealed_columns=(*feeds.SEALED_COLUMNS,),
)
