"""Our emulator of Google Calendar, version 3, and of Google's authorization server.

Requests and answers are checked against the vendor's discovery document. Each rule of `RULES` is a switch: a test that
breaks it (`broken`) shows that our tests would notice. Where Google's documentation leaves something open, the emulator
does what is harder for a client.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tests.peers.dav_script import Request, Response, ScriptedServer, scripted
from tests.peers.google_contract import Contract, Method, contract, selected
from tests.peers.google_lists import Lists, free_busy
from tests.peers.google_oauth import OAuthServer
from tests.peers.google_store import Calendar, Event, merged
from tests.peers.google_wire import Refused, refusal

GUIDES = "https://developers.google.com/workspace/calendar/api/guides"
RULES = {
    # Lists: {GUIDES}/sync and the descriptions of calendar.events.list in the discovery document
    "pages": "A list that goes on has nextPageToken.",
    "sync_token": "The last page of a list has nextSyncToken.",
    "deleted_in_increments": "An increment has everything that was deleted.",
    "no_tombstones_in_full_lists": "A full list has nothing that was deleted.",
    "dead_token": "An expired sync token is answered with 410 fullSyncRequired.",
    "sync_token_alone": "A sync token can't be combined with a window or a filter.",
    "window": "A window has the events that end after timeMin and start before timeMax.",
    "max_attendees": "If there are more attendees than maxAttendees, the student remains.",
    # Series: {GUIDES}/recurringevents
    "single_events": "singleEvents gives instances instead of series.",
    "named_zone": "A series is expanded in its named time zone.",
    # Writing: the descriptions of calendar.events.insert and patch, {GUIDES}/errors, {GUIDES}/version-resources
    "own_ids": "A client chooses the id of an event.",
    "duplicate": "An id can't be used twice: 409 duplicate, even if the event was deleted.",
    "if_match": "A stale If-Match is answered with 412 conditionNotMet.",
    "patch": "PATCH changes only the fields that it has.",
    "deleted_twice": "What is deleted again is answered with 410 deleted.",
    "private_properties": "Private extended properties are kept.",
    # {GUIDES}/push
    "push_not_supported": "Some calendars have no notifications: 400 pushNotSupportedForRequestedResource.",
    "channel_resource": "A channel is ended with its id and the id of its resource.",
    # calendar.freebusy.query
    "opaque": "Only what blocks time is busy.",
    "range": "Free and busy times are told for about three months at most.",
    "calendar_errors": "A calendar that doesn't exist is an error in an answer with the status 200.",
    # The scopes of each method in the discovery document
    "scopes": "A method needs one of its scopes, and calendar.app.created is for calendars that the app made.",
    # `google_oauth`
    "pkce": "A code is given tokens only with its verifier.",
    "code_once": "A code that is used again takes back its tokens.",
    "granted_scopes": "The answer tells the scopes that were granted, not those that were asked for.",
    "refresh_rotation": "Microsoft: a refresh token that was replaced is dead.",
    "revocation": "A revoked token is dead, and those of the same consent too.",
}
_APP_CREATED = "https://www.googleapis.com/auth/calendar.app.created"
_OWN_ID = re.compile("[a-v0-9]{5,1024}")


@dataclass
class Fault:
    """What happens to the requests that `request`, a pattern, matches: it is searched in "METHOD path?query"."""

    request: str
    status: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    """The connection ends without an answer, before anything is done."""
    lost: bool = False
    """The connection ends without an answer, after it is done."""
    skip: int = 0
    times: int = 1


class GoogleCalendarServer(ScriptedServer):
    """One account on a server on the loopback interface; `api` is the base URL of the interface."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.contract: Contract = contract()
        self.broken: set[str] = set()
        self.oauth = OAuthServer(self.keeps)
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        """Where a request, or an answer of ours, isn't what the discovery document says."""
        self.calendars: dict[str, Calendar] = {}
        self.channels_end = datetime(2027, 1, 1, tzinfo=UTC)
        self.channels: dict[str, dict[str, Any]] = {}
        self.notices: list[dict[str, str]] = []
        """The headers of the notifications that would have been sent."""
        self.lists = Lists(self.keeps)
        self.mails: list[str] = []
        """Ids of events about which attendees got a mail."""
        self.add(Calendar("alice@example.com", "Alice", primary=True))

    @property
    def api(self) -> str:
        return f"{self.url}calendar/v3"

    def keeps(self, rule: str) -> bool:
        assert rule in RULES
        return rule not in self.broken

    def add(self, calendar: Calendar) -> Calendar:
        calendar.by_offset = not self.keeps("named_zone")
        self.lists.touch(calendar)
        self.calendars[calendar.id] = calendar
        return calendar

    def put(self, calendar: str, id: str, **document: Any) -> Event:
        """Store an event as somebody else would; None removes a field."""
        found = self.calendars[calendar]
        found.by_offset = not self.keeps("named_zone")
        changed = {**found.documents.get(id, {}), "id": id, **document}
        event = found.put({name: value for name, value in changed.items() if value is not None})
        self._notify(found)
        return event

    def requested(self) -> list[str]:
        """Return the methods that were called, such as `events.list`."""
        return [name for request in self.requests if (name := self.method_of(request))]

    def method_of(self, request: Request) -> str:
        """Return the method that a request calls; "" if it is for the authorization server."""
        path = urlsplit(request.path).path.removeprefix("/calendar/v3/")
        found = self.contract.method(request.method, path)
        return found[0].id.removeprefix("calendar.") if found else ""

    async def _answer(self, request: Request) -> Response:
        self.oauth.issuer = self.url.rstrip("/")
        fault = self._fault(request)
        if fault is not None and fault.cut:
            raise ConnectionError("as the test says")
        if fault is not None and (fault.status or fault.body is not None):
            body = msgspec.json.encode(refusal(fault.status, fault.reason)) if fault.body is None else fault.body
            headers = {"content-type": "application/json", "connection": "close", **fault.headers}
            return Response(fault.status or 200, body, headers)
        response = self.oauth.answer(request) or self._calendar_answer(request)
        if fault is not None and fault.lost:
            raise ConnectionError("as the test says")
        return response

    def _fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.request, f"{request.method} {request.path}"):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _calendar_answer(self, request: Request) -> Response:
        try:
            data = self._called(request)
            status = 204 if data is None else 200
        except Refused as refused:
            status, data = refused.status, refusal(refused.status, refused.reason)
        headers = {"content-type": "application/json; charset=UTF-8", "connection": "close"}
        return Response(status, b"" if data is None else msgspec.json.encode(data), headers)

    def _called(self, request: Request) -> Any:
        parts = urlsplit(request.path)
        found = self.contract.method(request.method, parts.path.removeprefix("/calendar/v3/"))
        if found is None or not parts.path.startswith("/calendar/v3/"):
            raise Refused(404, "notFound")
        method, path = found
        _, scopes = self.oauth.access.get(request.headers.get("authorization", "").removeprefix("Bearer "), (0, []))
        if not scopes:
            raise Refused(401, "authError")
        query = parse_qs(parts.query, keep_blank_values=True)
        body = msgspec.json.decode(request.body) if request.body else None
        faults = [*self.contract.query_faults(method, query), *self.contract.body_faults(method, body)]
        if faults:
            self.violations += faults
            raise Refused(400, "badRequest")
        call = _Call(method, {name: unquote(value) for name, value in path.items()}, query, body, request.headers)
        self._check_scopes(call, scopes)
        handler = getattr(self, f"_{method.id.removeprefix('calendar.').replace('.', '_').lower()}", None)
        if handler is None:
            raise Refused(501, "notImplemented")
        data = handler(call)
        if data is not None and "fields" in query:
            data = selected(data, query["fields"][0])
        self.violations += self.contract.answer_faults(method, data)
        return data

    def _check_scopes(self, call: _Call, scopes: list[str]) -> None:
        if not self.keeps("scopes"):
            return
        able = call.method.scopes & set(scopes)
        calendar = self.calendars.get(call.path.get("calendarId", ""))
        if able == {_APP_CREATED} and calendar is not None and not calendar.app_created:
            able = set()
        if not able:
            raise Refused(403, "insufficientPermissions")

    def _calendar(self, call: _Call) -> Calendar:
        id = call.path["calendarId"]
        if id == "primary":
            return next(one for one in self.calendars.values() if one.primary)
        found = self.calendars.get(id)
        if found is None or found.deleted:
            raise Refused(404, "notFound")
        return found

    # Calendars

    def _calendarlist_list(self, call: _Call) -> Any:
        return self.lists.calendars(list(self.calendars.values()), call.query)

    def _calendarlist_get(self, call: _Call) -> Any:
        return self.lists.entry(self._calendar(call))

    def _calendars_get(self, call: _Call) -> Any:
        return self._described(self._calendar(call))

    def _calendars_insert(self, call: _Call) -> Any:
        id = f"c_{len(self.calendars)}@group.calendar.google.com"
        made = Calendar(id, call.body["summary"], description=call.body.get("description", ""), app_created=True)
        return self._described(self.add(made))

    def _calendars_delete(self, call: _Call) -> None:
        calendar = self._calendar(call)
        if calendar.primary:
            raise Refused(403, "cannotDeletePrimaryCalendar")
        calendar.deleted = True
        self.lists.touch(calendar)

    def _described(self, calendar: Calendar) -> Any:
        entry = {"kind": "calendar#calendar", "id": calendar.id, "summary": calendar.summary, "etag": '"c1"'}
        described = {"description": calendar.description} if calendar.description else {}
        return {**entry, **described, "timeZone": calendar.zone}

    # Events

    def _events_list(self, call: _Call) -> Any:
        return self.lists.events(self._calendar(call), call.query)

    def _events_get(self, call: _Call) -> Any:
        return self.lists.seen(self._found(call), call.query)

    def _found(self, call: _Call) -> Event:
        found = self._calendar(call).find(call.path["eventId"])
        if found is None:
            raise Refused(404, "notFound")
        return found

    def _events_insert(self, call: _Call) -> Any:
        calendar = self._writable(call)
        id = call.body.get("id") or f"{calendar.version:05}"
        if not _OWN_ID.fullmatch(id):
            raise Refused(400, "invalid")
        if not self.keeps("own_ids"):
            id = f"server{calendar.version:05}"
        if id in calendar.documents:
            if self.keeps("duplicate"):
                raise Refused(409, "duplicate")
            id = f"{id}{calendar.version:05}"
        return self._stored(call, calendar, {**call.body, "id": id})

    def _events_patch(self, call: _Call) -> Any:
        calendar, before = self._writable(call), self._matched(call)
        kept = before if self.keeps("patch") else {name: before[name] for name in ("id", "start", "end")}
        return self._stored(call, calendar, merged(kept, call.body))

    def _events_update(self, call: _Call) -> Any:
        calendar, before = self._writable(call), self._matched(call)
        return self._stored(call, calendar, {**call.body, "id": before["id"]})

    def _events_delete(self, call: _Call) -> None:
        calendar = self._writable(call)
        found = self._found(call)
        if found["status"] == "cancelled":
            raise Refused(410, "deleted") if self.keeps("deleted_twice") else Refused(400, "invalid")
        self._stored(call, calendar, {**self._matched(call), "status": "cancelled"})

    def _writable(self, call: _Call) -> Calendar:
        calendar = self._calendar(call)
        if calendar.role not in ("owner", "writer"):
            raise Refused(403, "requiredAccessLevel")
        return calendar

    def _matched(self, call: _Call) -> Event:
        found, condition = self._found(call), call.headers.get("if-match", "*")
        if condition not in ("*", found["etag"]) and self.keeps("if_match"):
            raise Refused(412, "conditionNotMet")
        return found

    def _stored(self, call: _Call, calendar: Calendar, document: Event) -> Any:
        for name in ("start", "end"):
            if len({"date", "dateTime"} & set(document.get(name, {}))) != 1:
                raise Refused(400, "invalid")
        if not self.keeps("private_properties"):
            document = {name: value for name, value in document.items() if name != "extendedProperties"}
        if document.get("attendees") and call.query.get("sendUpdates") != ["none"]:
            self.mails.append(document["id"])
        stored = calendar.put(document)
        self._notify(calendar)
        return self.lists.seen(stored, call.query)

    # Free and busy times

    def _freebusy_query(self, call: _Call) -> Any:
        return free_busy(self.calendars, call.body, self.keeps)

    # Notifications

    def _events_watch(self, call: _Call) -> Any:
        calendar, asked = self._calendar(call), call.body
        if not calendar.watchable and self.keeps("push_not_supported"):
            raise Refused(400, "pushNotSupportedForRequestedResource")
        if not asked.get("address", "").startswith("https://"):
            raise Refused(400, "push.webhookUrlNotHttps")
        if asked["id"] in self.channels:
            raise Refused(400, "channelIdNotUnique")
        if not re.fullmatch("[A-Za-z0-9_+/=-]{1,64}", asked["id"]) or len(asked.get("token", "")) > 256:
            raise Refused(400, "invalid")
        channel = {
            "kind": "api#channel",
            "id": asked["id"],
            "resourceId": f"resource-of-{calendar.id}",
            "resourceUri": f"{self.api}/calendars/{call.path['calendarId']}/events?alt=json",
            "token": asked.get("token", ""),
            "expiration": str(int(self.channels_end.timestamp() * 1000)),
        }
        self.channels[asked["id"]] = {**channel, "calendar": calendar.id, "number": 0}
        self._send(self.channels[asked["id"]], "sync")
        return channel

    def _channels_stop(self, call: _Call) -> None:
        channel = self.channels.get(call.body.get("id", ""))
        known = channel is not None and channel["resourceId"] == call.body.get("resourceId")
        if channel is None or (not known and self.keeps("channel_resource")):
            raise Refused(404, "notFound")
        del self.channels[channel["id"]]

    def _notify(self, calendar: Calendar) -> None:
        for channel in self.channels.values():
            if channel["calendar"] == calendar.id:
                self._send(channel, "exists")

    def _send(self, channel: dict[str, Any], state: str) -> None:
        channel["number"] += 1 if state == "sync" else 7  # they aren't consecutive
        headers = {"Channel-ID": channel["id"], "Channel-Token": channel["token"], "Resource-State": state}
        more = {"Resource-ID": channel["resourceId"], "Resource-URI": channel["resourceUri"]}
        numbered = {**headers, **more, "Message-Number": str(channel["number"])}
        self.notices.append({f"X-Goog-{name}": value for name, value in numbered.items()})


@dataclass(frozen=True)
class _Call:
    """A request that has the form that the discovery document says."""

    method: Method
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Any
    headers: Any


@asynccontextmanager
async def google_calendar() -> AsyncIterator[GoogleCalendarServer]:
    """Run the emulator until the block ends; then nothing may have been against the discovery document."""
    server = GoogleCalendarServer()
    async with scripted(server):
        yield server
    assert server.violations == []
