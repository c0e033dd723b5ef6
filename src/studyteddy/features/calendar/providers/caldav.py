"""Calendars on a CalDAV server (RFC 4791): Nextcloud, iCloud, Fastmail, Radicale and many others.

The server is found by its address (RFC 6764, without DNS), signed in to with a password, which should be one for this
app only, and asked for changes by sync tokens (RFC 6578). Refs are URLs. They are requested with the password, so only
those that came from the server may be passed: to the service, none that a student could have chosen.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import urljoin

from studyteddy.features.calendar.providers import caldav_sync, hrefs, webdav, webdav_xml
from studyteddy.features.calendar.providers.provider import (
    Account,
    Changes,
    Failing,
    Gone,
    ProviderError,
    RemoteCalendar,
    Resource,
    SignInRequired,
    Stale,
)
from studyteddy.features.calendar.providers.webdav import Forbidden, WebDav
from studyteddy.features.calendar.providers.webdav_xml import CALDAV, DAV, Item
from studyteddy.platform.egress import Allowed

WELL_KNOWN: Final = "/.well-known/caldav"
MAX_NAME: Final = 200
_RESOURCE_TYPE, _NAME = f"{DAV}resourcetype", f"{DAV}displayname"
_PRINCIPAL, _HOME = f"{DAV}current-user-principal", f"{CALDAV}calendar-home-set"
_COMPONENTS, _PRIVILEGES = f"{CALDAV}supported-calendar-component-set", f"{DAV}current-user-privilege-set"
_COLOR: Final = "{http://apple.com/ns/ical/}calendar-color"
_CALENDAR: Final = (_RESOURCE_TYPE, _NAME, _COMPONENTS, _PRIVILEGES, _COLOR)
_WRITES: Final = frozenset(f"{DAV}{name}" for name in ("all", "write", "write-content", "bind"))
_FINAL: Final = frozenset({"unreachable", "too_many_requests", "refused", "insecure"})
"""Why a server fails whatever its path."""


class CalDav:
    """A student's account on a CalDAV server. Methods raise the errors of `provider`; each request takes 30 s at most.

    `url` is what the student typed: of the server, of the principal, of the collection of calendars, or of a calendar;
    without a scheme, https. The password is sent without encryption only to what `allow` contains.
    """

    def __init__(self, url: str, username: str, password: str, allow: Allowed) -> None:
        typed = url.strip()
        self._url = typed if "://" in typed else f"https://{typed}"
        self._dav = WebDav(username, password, allow)

    async def discover(self) -> Account:
        """Find the student's calendars from the address (RFC 6764, section 6).

        The server may keep them on another host, which then gets the password too; redirects to other hosts don't.
        """
        faults = list[ProviderError]()
        for path in ("", WELL_KNOWN):
            try:
                return await self._account(urljoin(self._url, path))
            except ProviderError as fault:
                faults.append(fault)
                if isinstance(fault, Failing) and fault.reason in _FINAL:
                    break
        raise next((one for one in faults if not _is_no_calendars(one)), faults[0])

    async def _account(self, url: str) -> Account:
        address, found = await self._look(url)
        principals, homes = found.hrefs(_PRINCIPAL), found.hrefs(_HOME)
        base = address
        if principals and not homes:
            base, owner = await self._look(hrefs.resolved(address, principals[0]))
            homes = owner.hrefs(_HOME)
        principal = hrefs.resolved(address, principals[0]) if principals else ""
        if homes:
            return Account(principal, hrefs.collection(hrefs.resolved(base, homes[0])), address)
        if found.has(_RESOURCE_TYPE, f"{CALDAV}calendar"):
            return Account(principal, hrefs.collection(address), address)
        raise Failing("no_calendars")

    async def _look(self, url: str) -> tuple[str, Item]:
        """Return the address that answered, and its properties for discovery."""
        try:
            address, answer = await self._dav.propfind(url, [_RESOURCE_TYPE, _PRINCIPAL, _HOME], depth=0)
        except Forbidden:
            raise SignInRequired from None
        except Gone:
            raise Failing("no_calendars") from None
        except Failing as fault:  # a web page, or a server that knows no PROPFIND
            raise Failing("no_calendars") if fault.reason in ("invalid_response", "unsupported") else fault from None
        if not answer.items:
            raise Failing("no_calendars")
        return address, answer.items[0]

    async def calendars(self, account: Account) -> list[RemoteCalendar]:
        """Return the calendars of an account that can contain events, in the server's order."""
        try:
            url, answer = await self._dav.propfind(account.home, _CALENDAR, depth=1)
        except Forbidden:
            raise SignInRequired from None
        found = (_calendar(ref, item) for ref, item in webdav.located(url, answer))
        return list({one.ref: one for one in found if one is not None}.values())

    async def make_calendar(self, account: Account, name: str, *, slug: str) -> RemoteCalendar:
        """Create a calendar for events whose path ends with `slug`, or return the one that is there.

        A second try after a lost answer thus finds what the first one made, if `slug` is the same.
        """
        url = hrefs.collection(hrefs.child(account.home, slug))
        headers = {"content-type": "application/xml; charset=utf-8"}
        fetched = await self._dav.send("MKCALENDAR", url, headers=headers, body=webdav_xml.mkcalendar(name))
        try:
            base, answer = await self._dav.propfind(url, _CALENDAR, depth=0)
            made = next((_calendar(ref, item) for ref, item in webdav.located(base, answer)), None)
        except Gone:
            made = None
        if made is None:
            raise Failing("forbidden" if fetched.status == 403 else "unsupported")
        return made

    def changes(self, ref: str, token: str, known: Mapping[str, str] | None = None) -> AsyncIterator[Changes]:
        """Yield what changed in a calendar since `token`, or everything if it is "", in parts of at most 50 events.

        The last part has the token for the next time. If the server forgot the token, a full round follows. `known`,
        the entity tags by ref, spares servers without sync tokens a full round. Removed are also resources that
        became something else than events. Raise `Gone` if the calendar doesn't exist any more.
        """
        return caldav_sync.changes(self._dav, ref, token, known)

    def resource_ref(self, calendar: str, name: str) -> str:
        """Return the ref of a new resource in a calendar; `name` ends with `.ics`."""
        return hrefs.child(calendar, name)

    async def get(self, ref: str) -> Resource:
        """Return a resource; raise `Gone`."""
        return await self._dav.read(ref)

    async def put(self, ref: str, body: bytes, etag: str | None = None) -> str:
        """Create a resource, or change the one that has this entity tag, and return the new tag; raise `Stale`.

        A server that changes what it stores returns no tag (RFC 4791, section 5.3.4); then the resource is read again.
        """
        condition = {"if-none-match": "*"} if etag is None else {"if-match": etag or "*"}
        headers = {"content-type": "text/calendar; charset=utf-8", **condition}
        fetched = await self._dav.send("PUT", ref, headers=headers, body=body)
        if fetched.status >= 300:
            raise await webdav.write_failure(fetched)
        return webdav.etag(fetched.headers.get("etag", "")) or (await self._dav.read(ref)).etag

    async def delete(self, ref: str, etag: str) -> None:
        """Delete a resource that has this entity tag; do nothing if it doesn't exist; raise `Stale`."""
        fetched = await self._dav.send("DELETE", ref, headers={"if-match": etag} if etag else {})
        if fetched.status < 300 or fetched.status in (404, 410):
            return
        failure = await webdav.write_failure(fetched)
        if isinstance(failure, Stale) and await self._is_gone(ref):
            return
        raise failure

    async def _is_gone(self, ref: str) -> bool:
        """Return whether a resource doesn't exist: some servers check the entity tag of what isn't there."""
        try:
            await self._dav.propfind(ref, [f"{DAV}getetag"], depth=0)
        except Gone:
            return True
        return False


def _is_no_calendars(fault: ProviderError) -> bool:
    return isinstance(fault, Failing) and fault.reason == "no_calendars"


def _calendar(url: str, item: Item) -> RemoteCalendar | None:
    """Return a calendar; None if the resource is none, or can't contain events (RFC 4791, section 5.2.3)."""
    if item.status != 200 or not item.has(_RESOURCE_TYPE, f"{CALDAV}calendar"):
        return None
    components = item.properties.get(_COMPONENTS)
    if components is not None:
        kinds = {one.get("name", "").upper() for one in components.iter(f"{CALDAV}comp")}
        if "VEVENT" not in kinds:
            return None
    ref = hrefs.collection(url)
    name = " ".join((item.text(_NAME) or hrefs.last_segment(ref)).split())[:MAX_NAME]
    return RemoteCalendar(ref, name or "Calendar", _is_writable(item), _color(item.text(_COLOR)))


def _is_writable(item: Item) -> bool:
    """Return whether the student may change events; a server that doesn't tell will refuse if not (RFC 3744)."""
    privileges = item.properties.get(_PRIVILEGES)
    return privileges is None or any(one.tag in _WRITES for one in privileges.iter())


def _color(text: str) -> str:
    """Return `#rrggbb`; servers append the opacity."""
    return text[:7].lower() if re.fullmatch(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?", text) else ""
