"""The rules of the emulated Outlook, each of which can be broken, and the faults that requests to it can meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.peers.dav_script import Request


class Rule(Enum):
    """What Microsoft Graph does."""

    PAGES = "a page has at most as many events as asked for"
    EMPTY_PAGES = "a page can be empty and yet have a next link"
    REPEATS = "an event can come twice in a round and on a page, the first time outdated"
    REMOVED = "a deleted event comes as removed"
    REMOVED_OUTSIDE = "an event outside the window that changed comes as removed"
    WINDOW = "the window is inside the links"
    STUBS = "occurrences come without their content, and name their series"
    MASTER_ROW = "the master of a series is marked as such"
    SERIES_WHOLE = "a series that changed comes with all its occurrences"
    MASTER_IN_CALENDAR = "a master is found in its calendar"
    FORGOTTEN = "a link that was forgotten is an error"
    IMMUTABLE_IDS = "ids are immutable if every request asks for that"
    TIME_ZONE = "times are in the zone that is named"
    ALL_DAY = "an event that lasts all day says so"
    TRANSACTIONS = "a transaction creates one event"
    VERSIONS = "a change of another version is refused"
    DELETED_ONCE = "what was deleted isn't there"
    READ_ONLY = "a calendar that can't be edited refuses events"
    CAN_EDIT = "a calendar says whether it can be edited"
    NAMES = "two calendars don't have one name"
    PROPERTIES = "extended properties are kept and found"
    RETRY_AFTER = "too many requests are told when to come back"
    AT_ONCE = "four requests are handled at the same time"
    VALIDATION = "the addresses of a subscription are validated"
    EXPIRY = "a subscription is shortened to three days"
    CLIENT_STATE = "a notification carries the secret"
    LIFECYCLE = "lifecycle events go to their own address"


@dataclass
class Fault:
    """What goes wrong with the next request that matches: an answer, or a cut connection before or after the work."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "generalException"
    data: Any = None
    """What is answered instead of an error."""
    is_after: bool = False
    """Without a status: the work is done, and the answer is lost."""
    when: Callable[[Request], bool] = lambda request: True
    times: int = 1


class Refused(Exception):
    """An error of the interface: a status, and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Asked:
    """A request, taken apart; what it prefers is read from the header."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    etag: str
    preferences: str

    @property
    def zone(self) -> str:
        found = re.search(r'outlook\.timezone="([^"]+)"', self.preferences)
        return found[1] if found else "UTC"

    @property
    def page_size(self) -> int:
        found = re.search(r"odata\.maxpagesize=(\d+)", self.preferences)
        return int(found[1]) if found else 10

    @property
    def is_immutable(self) -> bool:
        return 'IdType="ImmutableId"' in self.preferences
