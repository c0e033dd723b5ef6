"""An emulator of Microsoft Graph's calendars, since nobody offers one.

It follows what the vendor documents, and what others report where the documentation is silent. Each rule can be broken
by its name: so the tests show that they would notice. Whatever is sent or answered is checked against the vendor's
models, and the vendor's client is the first one that has to get along with it.

Sources: the vendor's pages "event: delta", "Get incremental changes to events in a calendar view", "Obtain immutable
identifiers for Outlook resources", "Set up notifications for changes in resource data", "Reduce missing subscriptions
and change notifications", "Get singleValueLegacyExtendedProperty", "Throttling limits"; about series, the issues 7632
and 6599 and the pull request 4501 of the repository microsoft-graph-docs.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from uuid import uuid4

import httpx2

from tests.peers.dav_script import Request, Response, ScriptedServer, scripted
from tests.peers.outlook_contract import faults as faults_of
from tests.peers.outlook_rules import Asked, Fault, Refused, Rule
from tests.peers.outlook_store import Store, Stored, instant, local_time

NOW = datetime.fromisoformat("2026-12-01T00:00:00+00:00")
MAX_EXPIRY = timedelta(minutes=4230)
USER = {"id": "48d31887-5fad-4d73-a9f5-3c356e68a038", "mail": None, "userPrincipalName": "alice@example.org"}
PROPERTY = "String {8d2f6c1e-5a53-4f0b-9a43-0d5b7e6d1c42} Name StudyTeddy"
_FILTER = re.compile(r"singleValueExtendedProperties/Any\(ep: ep/id eq '(.+?)' and ep/value eq '((?:[^']|'')*)'\)")
_READ_ONLY = ("type", "seriesMasterId", "changeKey", "id")


@dataclass
class Subscription:
    """A subscription and what it will be told."""

    id: str
    calendar: str
    url: str
    lifecycle_url: str
    secret: str
    expires_at: datetime


class Graph(ScriptedServer):
    """The emulator: a mailbox behind the interface."""

    def __init__(self, *, broken: Iterable[Rule] = ()) -> None:
        super().__init__(self._answer)
        self.store = Store()
        self.default = self.store.add_calendar("Calendar", hex_color="#0078D4")
        self.broken = frozenset(broken)
        self.faults: list[Fault] = []
        self.tokens = {"token"}
        self.now = NOW
        """Which subscriptions begin at."""
        self.zone = ""
        """A zone that answers are in, whatever was asked for."""
        self.forgotten = (410, "SyncStateNotFound")
        self.conflicts = False
        """Whether a repeated transaction is refused rather than answered."""
        self.sends_masters = True
        """Whether masters come with their occurrences."""
        self.hidden_masters: set[str] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.objections: list[str] = []
        """What didn't keep the vendor's contract, in requests and answers."""
        self.together: asyncio.Barrier | None = None
        """If set, requests wait for each other."""
        self.most_at_once = 0
        self._at_once = 0
        self._transactions: dict[str, str] = {}
        self._links: dict[str, Callable[[Asked], dict[str, Any]]] = {}
        self._pending: list[tuple[str, str, str]] = []
        """What no notification was sent of yet: calendars, kinds of changes, events."""

    @property
    def base(self) -> str:
        return f"{self.url}v1.0"

    def keeps(self, rule: Rule) -> bool:
        return rule not in self.broken

    async def release(self) -> None:
        """Cut the connections of requests that wait for each other."""
        if self.together is not None:
            await self.together.abort()
        while self._at_once:  # noqa: ASYNC110 - they end at once
            await asyncio.sleep(0)

    def forget(self) -> None:
        """Forget all links."""
        self._links.clear()

    async def _answer(self, request: Request) -> Response:
        fault = next((one for one in self.faults if one.times > 0 and one.when(request)), None)
        if fault is not None:
            fault.times -= 1
            if fault.status:
                error = {"error": {"code": fault.code, "message": "secret"}}
                return _json(fault.status, error if fault.data is None else fault.data, fault.headers)
            if not fault.is_after:
                raise ConnectionError
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self._at_once > (4 if self.keeps(Rule.AT_ONCE) else 2):
                return _json(429, {"error": {"code": "ApplicationThrottled", "message": ""}}, self._retry_after())
            if self.together is not None:
                await self.together.wait()
            response = await self._handled(request)
        except asyncio.BrokenBarrierError:
            raise ConnectionError from None
        finally:
            self._at_once -= 1
        if fault is not None:
            raise ConnectionError
        return response

    def _retry_after(self) -> dict[str, str]:
        return {"retry-after": "17"} if self.keeps(Rule.RETRY_AFTER) else {}

    async def _handled(self, request: Request) -> Response:
        url = urlsplit(request.path)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _json(401, {"error": {"code": "InvalidAuthenticationToken", "message": ""}})
        asked = Asked(
            request.method,
            unquote(re.sub(r"\('([^']*)'\)", r"/\1", url.path.removeprefix("/v1.0/"))),
            dict(parse_qsl(url.query)),
            json.loads(request.body) if request.body else {},
            request.headers.get("if-match", ""),
            request.headers.get("prefer", ""),
        )
        try:
            status, kind, data = await self._routed(asked)
        except Refused as refused:
            return _json(refused.status, {"error": {"code": refused.code, "message": "secret"}})
        self._check(kind, data)
        return Response(204, headers={"connection": "close"}) if data is None else _json(status, data)

    def _check(self, kind: str, data: Any) -> None:
        for one in data["value"] if isinstance(data, dict) and "value" in data else [data] if data else []:
            self.objections += faults_of(kind, one)

    async def _routed(self, asked: Asked) -> tuple[int, str, Any]:
        """Return the status, the vendor's model and the data of an answer."""
        match [asked.method, *asked.path.split("/")]:
            case ["GET", "me"]:
                return 200, "User", USER
            case ["GET", "me", "calendars"]:
                return 200, "Calendar", {"value": self._calendars(asked)}
            case ["POST", "me", "calendars"]:
                return 201, "Calendar", self._make_calendar(asked)
            case ["GET", "me", "calendarView", "delta" | "delta()"]:
                return 200, "Event", self._delta(self.default, asked)
            case ["GET", "me", "calendars", calendar, "calendarView", "delta" | "delta()"]:
                return 200, "Event", self._delta(self._found(calendar), asked)
            case ["GET", "me", "calendars", calendar, "events"]:
                return 200, "Event", {"value": self._marked_events(self._found(calendar), asked)}
            case ["POST", "me", "calendars", calendar, "events"]:
                return 201, "Event", self._create(self._found(calendar), asked)
            case ["GET", "me", "calendars", calendar, "events", event, "instances"]:
                return 200, "Event", self._instances(self._found(calendar), event, asked)
            case [method, "me", "calendars", calendar, "events", event]:
                return 200, "Event", self._event(method, self._found(calendar), event, asked)
            case [method, "me", "events", event]:
                return 200, "Event", self._event(method, "", event, asked)
            case [_, "subscriptions", *keys]:
                return await self._subscriptions(asked, keys)
        raise Refused(404, "ResourceNotFound")

    def _found(self, calendar: str) -> str:
        if calendar not in self.store.calendars:
            raise Refused(404, "ErrorItemNotFound")
        return calendar

    # Calendars

    def _calendars(self, asked: Asked) -> list[dict[str, Any]]:
        value = self._filtered(asked)
        found = self.store.calendars.values()
        return [self._calendar(one.id) for one in found if value is None or one.mark.lower() == value.lower() != ""]

    def _filtered(self, asked: Asked) -> str | None:
        """Return the value of the extended property that is asked for."""
        if "$filter" not in asked.query:
            return None
        match = _FILTER.fullmatch(asked.query["$filter"])
        if match is None or match[1] != PROPERTY:
            raise Refused(400, "ErrorInvalidUrlQueryFilter")
        return match[2].replace("''", "'") if self.keeps(Rule.PROPERTIES) else "none"

    def _calendar(self, key: str) -> dict[str, Any]:
        one = self.store.calendars[key]
        can_edit = one.can_edit or not self.keeps(Rule.CAN_EDIT)
        owner = {"name": "Alice", "address": "alice@example.org"}
        shown = {"id": one.id, "name": one.name, "color": "auto", "hexColor": one.hex_color, "canEdit": can_edit}
        return shown | {"isDefaultCalendar": key == self.default, "canShare": True, "owner": owner}

    def _make_calendar(self, asked: Asked) -> dict[str, Any]:
        self.objections += faults_of("Calendar", asked.body)
        name = asked.body["name"]
        if self.keeps(Rule.NAMES) and any(one.name == name for one in self.store.calendars.values()):
            raise Refused(409, "ErrorFolderExists")
        return self._calendar(self.store.add_calendar(name, mark=_mark(asked.body)))

    # Events

    def _marked_events(self, calendar: str, asked: Asked) -> list[dict[str, Any]]:
        value = self._filtered(asked)
        found = [one for one in self.store.events.values() if one.calendar == calendar and not one.master]
        return [self._shown(one, asked) for one in found if value is None or one.mark == value]

    def _create(self, calendar: str, asked: Asked) -> dict[str, Any]:
        self.objections += faults_of("Event", asked.body)
        self._check_writable(calendar)
        key = asked.body.get("transactionId", "")
        if key in self._transactions and self.keeps(Rule.TRANSACTIONS):
            event = self.store.events.get(self._transactions[key])
            if self.conflicts or event is None:
                raise Refused(409, "ErrorDuplicateTransactionId")
            return self._shown(event, asked)
        start, end, values = _content(asked.body)
        assert start is not None
        assert end is not None
        made = self.store.add(calendar, start, length=end - start, mark=_mark(asked.body), **values)
        self._transactions[key or made] = made
        self._tell(calendar, "created", made)
        return self._shown(self.store.events[made], asked)

    def _check_writable(self, calendar: str) -> None:
        if not self.store.calendars[calendar].can_edit and self.keeps(Rule.READ_ONLY):
            raise Refused(403, "ErrorAccessDenied")

    def _event(self, method: str, calendar: str, key: str, asked: Asked) -> dict[str, Any] | None:
        key = re.sub(r"^AQMk-(.+)\.\d+$", r"\1", key)
        event = self.store.events.get(key)
        if event is None or key in self.hidden_masters or (calendar and event.calendar != calendar):
            raise Refused(404, "ErrorItemNotFound")
        if self.store.calendars[event.calendar].is_shared and (
            not calendar or not (self.keeps(Rule.MASTER_IN_CALENDAR) or event.type != "seriesMaster")
        ):
            raise Refused(404, "ErrorItemNotFound")
        if method != "GET":
            self._check_writable(event.calendar)
            if asked.etag not in ("", "*", event.etag) and self.keeps(Rule.VERSIONS):
                raise Refused(412, "ErrorIrresolvableConflict")
        if method == "PATCH":
            self.objections += faults_of("Event", asked.body)
            start, end, values = _content(asked.body)
            self.store.edit(key, **values)
            event.start, event.end = start or event.start, end or event.end
            self._tell(event.calendar, "updated", key)
        elif method == "DELETE":
            if self.keeps(Rule.DELETED_ONCE):
                self.store.remove(key)
            self._tell(event.calendar, "deleted", key)
            return None
        return self._shown(event, asked) | self._expanded(event, asked)

    def _expanded(self, event: Stored, asked: Asked) -> dict[str, Any]:
        """Return our extended property, if it is asked for and there."""
        if asked.method != "GET" or "$expand" not in asked.query:
            return {}
        if asked.query["$expand"] != f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')":
            raise Refused(400, "ErrorInvalidParameter")
        is_there = event.mark and self.keeps(Rule.PROPERTIES)
        return {"singleValueExtendedProperties": [{"id": PROPERTY, "value": event.mark}]} if is_there else {}

    def _instances(self, calendar: str, key: str, asked: Asked) -> dict[str, Any]:
        """Return a page of a series, of which only ids may be asked for."""
        master = self.store.events.get(key)
        if master is None or key in self.hidden_masters or master.calendar != calendar:
            raise Refused(404, "ErrorItemNotFound")
        if asked.query.pop("$select", "") != "id":
            raise Refused(400, "ErrorInvalidParameter")
        first = int(asked.query.pop("$skip", "0"))
        since, until = (datetime.fromisoformat(asked.query[name]) for name in ("startDateTime", "endDateTime"))
        found = [one for one in self.store.occurrences(key) if one.is_in(since, until)]
        page: dict[str, Any] = {"value": [{"id": one.id} for one in found[first:][: asked.page_size]]}
        if len(found) > first + asked.page_size:
            query = urlencode(asked.query | {"$select": "id", "$skip": str(first + asked.page_size)})
            page["@odata.nextLink"] = f"{self.base}/{quote(asked.path)}?{query}"
        return page

    def _id(self, key: str, asked: Asked) -> str:
        """Return an id as the request wants it; one of the usual kind changes with the event."""
        is_immutable = asked.is_immutable and (self.keeps(Rule.IMMUTABLE_IDS) or asked.method != "GET")
        return key if is_immutable else f"AQMk-{key}.{self.store.version}"

    def _shown(self, event: Stored, asked: Asked) -> dict[str, Any]:
        zone = self.zone or asked.zone
        start, end = local_time(event.start, zone), local_time(event.end, zone)
        if not self.keeps(Rule.TIME_ZONE):
            start, end = (local_time(at, "Asia/Tokyo") | {"timeZone": "UTC"} for at in (event.start, event.end))
        values = dict(event.values)
        if event.type == "occurrence":
            values = self.store.events[event.master].values | values
        if not self.keeps(Rule.ALL_DAY):
            values.pop("isAllDay", None)
        if values.get("isAllDay") and not self.zone:
            start, end = local_time(event.start, "UTC"), local_time(event.end, "UTC")
        shown: dict[str, Any] = {"id": self._id(event.id, asked), "@odata.etag": event.etag, "type": event.type}
        shown |= {
            "subject": "",
            "isAllDay": False,
            "isCancelled": False,
            "showAs": "busy",
            "sensitivity": "normal",
            "bodyPreview": "",
        }
        shown |= {"responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"}, "attendees": []}
        shown |= {"iCalUId": f"040000{event.master or event.id}", "location": {"displayName": ""}, "start": start}
        shown |= {"end": end, "seriesMasterId": self._id(event.master, asked) if event.master else None}
        if event.master and event.type == "exception":
            shown |= {"originalStart": f"{event.start:%Y-%m-%dT%H:%M:%SZ}"}
        return shown | values

    # Changes

    def _delta(self, calendar: str, asked: Asked) -> dict[str, Any]:
        """Return a page of what changed."""
        token = asked.query.get("$skiptoken") or asked.query.get("$deltatoken")
        if token is not None:
            if token not in self._links:
                if not self.keeps(Rule.FORGOTTEN):
                    return {"value": [], "@odata.deltaLink": self._link(calendar, "deltatoken", lambda asked: {})}
                raise Refused(*self.forgotten)
            return self._links[token](asked)
        if set(map(str.lower, asked.query)) != {"startdatetime", "enddatetime"}:
            raise Refused(400, "ErrorInvalidParameter")
        window = {name.lower(): datetime.fromisoformat(value) for name, value in asked.query.items()}
        return self._round(calendar, window["startdatetime"], window["enddatetime"], 0, asked)

    def _round(self, calendar: str, since: datetime, until: datetime, version: int, asked: Asked) -> dict[str, Any]:
        rows = list(self._rows(calendar, since, until, version, asked))
        now = self.store.version
        if not self.keeps(Rule.WINDOW):
            since, until = since + timedelta(days=365), until + timedelta(days=365)
        size = asked.page_size if self.keeps(Rule.PAGES) else len(rows) or 1
        pages = [rows[first : first + size] for first in range(0, len(rows), size)] or [[]]
        if len(rows) > 1:
            if self.keeps(Rule.REPEATS):
                pages = [_outdated(rows[:1]), [*_outdated(pages[0][-1:]), *pages[0]], *pages[1:]]
            if self.keeps(Rule.EMPTY_PAGES):
                pages.insert(1, [])
        again = self._link(calendar, "deltatoken", lambda asked: self._round(calendar, since, until, now, asked))
        return self._page(calendar, pages, again)

    def _page(self, calendar: str, pages: list[list[dict[str, Any]]], again: str) -> dict[str, Any]:
        if len(pages) == 1:
            return {"value": pages[0], "@odata.deltaLink": again}
        following = self._link(calendar, "skiptoken", lambda asked: self._page(calendar, pages[1:], again))
        return {"value": pages[0], "@odata.nextLink": following}

    def _link(self, calendar: str, kind: str, continued: Callable[[Asked], dict[str, Any]]) -> str:
        token = f"{uuid4().hex}-_"
        self._links[token] = continued
        return f"{self.base}/me/calendars('{quote(calendar)}')/calendarView/delta?${kind}={token}"

    def _rows(
        self, calendar: str, since: datetime, until: datetime, version: int, asked: Asked
    ) -> Iterator[dict[str, Any]]:
        for key, told in self.store.rows(calendar, since, until, version):
            event = self.store.events.get(key)
            if told == "removed" or event is None:
                rule = Rule.REMOVED if event is None else Rule.REMOVED_OUTSIDE
                if self.keeps(rule):
                    yield {"id": self._id(key, asked), "@removed": {"reason": "deleted"}}
                continue
            if event.type == "seriesMaster" and not self.sends_masters:
                continue
            shown = self._shown(event, asked) | {"@odata.type": "#microsoft.graph.event"}
            if event.type == "seriesMaster" and not self.keeps(Rule.MASTER_ROW):
                shown["type"] = "singleInstance"
            if event.master and version and not self.keeps(Rule.SERIES_WHOLE):
                continue
            if told == "stub":
                names = ["id", "type", "seriesMasterId", "start", "end", "@odata.etag", "@odata.type"]
                if not self.keeps(Rule.STUBS):
                    names.remove("seriesMasterId")
                shown = {name: shown[name] for name in names}
                if event.start.day % 2:  # some have nulls for what they lack
                    shown |= dict.fromkeys(["subject", "showAs", "isAllDay", "location", "bodyPreview"])
            yield shown

    # Notifications

    async def _subscriptions(self, asked: Asked, keys: list[str]) -> tuple[int, str, Any]:
        if keys:
            return 200, "Subscription", self._subscription(asked.method, keys[0], asked)
        return 201, "Subscription", await self._subscribe(asked)

    async def _subscribe(self, asked: Asked) -> dict[str, Any]:
        body = asked.body
        self.objections += faults_of("Subscription", body)
        match = re.fullmatch(r"me/calendars/([^/]+)/events", unquote(body["resource"]))
        if match is None or not asked.is_immutable:
            raise Refused(400, "ExtensionError")
        urls = body["notificationUrl"], body["lifecycleNotificationUrl"]
        if self.keeps(Rule.VALIDATION) and not all([await _is_valid(url) for url in urls]):
            raise Refused(400, "ValidationError")
        made = Subscription(str(uuid4()), self._found(match[1]), *urls, body["clientState"], self.now)
        self.subscriptions[made.id] = made
        return self._prolonged(made, body)

    def _subscription(self, method: str, key: str, asked: Asked) -> dict[str, Any] | None:
        if key not in self.subscriptions:
            raise Refused(404, "ResourceNotFound")
        if method == "DELETE":
            del self.subscriptions[key]
            return None
        self.objections += faults_of("Subscription", asked.body)
        return self._prolonged(self.subscriptions[key], asked.body)

    def _prolonged(self, one: Subscription, body: dict[str, Any]) -> dict[str, Any]:
        wanted = datetime.fromisoformat(body["expirationDateTime"])
        one.expires_at = min(wanted, self.now + MAX_EXPIRY) if self.keeps(Rule.EXPIRY) else wanted
        expires = f"{one.expires_at:%Y-%m-%dT%H:%M:%S}.0000000Z"
        shown = {"id": one.id, "resource": f"me/calendars/{one.calendar}/events", "notificationUrl": one.url}
        return shown | {"changeType": "created,updated,deleted", "clientState": None, "expirationDateTime": expires}

    def _tell(self, calendar: str, change: str, event: str) -> None:
        self._pending.append((calendar, change, event))

    async def notify(self) -> list[int]:
        """Send what happened, several subscriptions in one request, twice, and return the statuses."""
        pending, self._pending = self._pending, []
        values = [
            self._notification(one) | {"changeType": change, "resource": f"Users/x/Events/{event}"}
            for calendar, change, event in pending
            for one in self.subscriptions.values()
            if one.calendar == calendar
        ]
        urls = {one.url for one in self.subscriptions.values()}
        return [await _post(url, {"value": values}) for url in urls for _ in range(2) if values]

    async def lifecycle(self, key: str, event: str) -> int:
        """Send a lifecycle event of a subscription, and return the status."""
        one = self.subscriptions[key]
        url = one.lifecycle_url if self.keeps(Rule.LIFECYCLE) else one.url
        return await _post(url, {"value": [self._notification(one) | {"lifecycleEvent": event}]})

    def _notification(self, one: Subscription) -> dict[str, Any]:
        expires = f"{one.expires_at:%Y-%m-%dT%H:%M:%S}.0000000Z"
        sent = {"subscriptionId": one.id, "subscriptionExpirationDateTime": expires, "tenantId": str(uuid4())}
        return sent | ({"clientState": one.secret} if self.keeps(Rule.CLIENT_STATE) else {})


def _json(status: int, data: Any, headers: dict[str, str] | None = None) -> Response:
    sent = {"content-type": "application/json", "connection": "close", **(headers or {})}
    return Response(status, json.dumps(data).encode(), sent)


def _outdated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"subject": "Outdated"} if "subject" in row else row for row in rows]


def _mark(body: dict[str, Any]) -> str:
    """Return our extended property."""
    return next(
        (str(one["value"]) for one in body.get("singleValueExtendedProperties", []) if one["id"] == PROPERTY), ""
    )


def _content(body: dict[str, Any]) -> tuple[datetime | None, datetime | None, dict[str, Any]]:
    if set(body) & {*_READ_ONLY, "attendees"}:
        raise Refused(400, "ErrorInvalidRequest")
    values = {k: v for k, v in body.items() if k not in ("start", "end", "singleValueExtendedProperties")}
    times = [instant(body[name]) if name in body else None for name in ("start", "end")]
    return times[0], times[1], values


async def _is_valid(url: str) -> bool:
    """Return whether an address answers a validation with its token."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid4()}"
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(url, params={"validationToken": token})
    return (answer.status_code, answer.text) == (200, token) and answer.headers["content-type"].startswith("text/plain")


async def _post(url: str, data: Any) -> int:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.post(url, json=data)).status_code


@asynccontextmanager
async def outlook(*, broken: Iterable[Rule] = ()) -> AsyncIterator[Graph]:
    """Run the emulator until the block ends."""
    async with scripted(Graph(broken=broken)) as running:
        yield running
        await running.release()
