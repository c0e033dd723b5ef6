"""Calendars: those that a student subscribes to, accounts that are synchronized, and the student's published plan.

Owns: published feeds; feeds with their events, changes and courses; accounts with their calendars, channels of
notifications, what was written into them, and conflicts. Publishes: calendar.published, feed.due, feed.updated,
feed.deleted, calendar_account.due, calendar_account.updated, calendar_account.deleted, calendar_account.stopped,
calendar_conflict.found. Reacts to: feed.due, feed.updated, calendar_account.due, focus.scheduled, focus.updated,
focus.cancelled, focus.deleted, password.changed.
"""

from __future__ import annotations

from studyteddy.features.calendar import jobs
from studyteddy.features.calendar.api import accounts as accounts_api
from studyteddy.features.calendar.api import channels as channels_api
from studyteddy.features.calendar.api import events as events_api
from studyteddy.features.calendar.api import feeds as feeds_api
from studyteddy.features.calendar.api import published_feed as published_feed_api
from studyteddy.features.calendar.store import (
    accounts,
    channels,
    consent,
    copies,
    courses,
    events,
    feeds,
    published_feed,
)
from studyteddy.platform.feature import Feature

_STORES = (published_feed, feeds, events, courses, accounts, consent, channels, copies)

FEATURE = Feature(
    routers=(
        feeds_api.router,
        accounts_api.router,
        accounts_api.connecting,
        channels_api.router,
        events_api.router,
        published_feed_api.router,
    ),
    jobs=(jobs.jobs,),
    data_exports=tuple(one for store in _STORES for one in store.DATA_EXPORTS),
    retention=(*feeds.RETENTION, *events.RETENTION, *consent.RETENTION, *channels.RETENTION, *copies.RETENTION),
    sealed_columns=(*feeds.SEALED_COLUMNS, *accounts.SEALED_COLUMNS),
)
