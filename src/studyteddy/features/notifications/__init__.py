"""Notifications in the app, and mails.

Owns: notifications. Publishes: notification.created, notifications.read, notification.deleted, notification.security.
Reacts to: user.registered, task.completed, focus.forgotten, focus.reopened, and account events: e-mail verification,
passwords, two-factor authentication, linked identities, sessions, API keys, published calendars, calendar
accounts and conflicts, data exports, deletion.
"""

from __future__ import annotations

from studyteddy.features.notifications import api, jobs, store
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,), jobs=(jobs.jobs,), data_exports=(*store.DATA_EXPORTS,))
