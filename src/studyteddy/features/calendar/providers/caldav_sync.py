"""What changed in a CalDAV calendar: by sync tokens (RFC 6578), or by comparing entity tags where there are none."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec

from studyteddy.features.calendar.providers import hrefs, webdav_xml
from studyteddy.features.calendar.providers.provider import Changes, Failing, Gone, Resource
from studyteddy.features.calendar.providers.webdav import DeadToken, WebDav, etag, located
from studyteddy.features.calendar.providers.webdav_xml import CALDAV, DAV

BATCH: Final = 50
"""Resources that are read with one request."""
MAX_PAGES: Final = 1000
MAX_TOKEN: Final = 2000
"""Characters of a token of the server."""
CTAG: Final = "{http://calendarserver.org/ns/}getctag"
"""Changes whenever something in the calendar does: an extension of Apple's calendar server that most others have."""
_ETAG: Final = f"{DAV}getetag"
_BY_SYNC, _BY_CTAG = "sync:", "ctag:"
"""How our tokens begin: which kind of the server's follows."""
_EVENT: Final = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


class _Page(msgspec.Struct, frozen=True):
    changed: list[str]
    removed: list[str]
    token: str
    is_last: bool


def needs_tags(token: str) -> bool:
    """Return whether a token is of a server without sync tokens."""
    return token.startswith(_BY_CTAG)


async def changes(dav: WebDav, calendar: str, token: str, known: Mapping[str, str] | None) -> AsyncIterator[Changes]:
    """Yield what changed, as `CalDav.changes` says."""
    if token.startswith(_BY_SYNC):
        try:
            async for part in _by_sync(dav, calendar, token.removeprefix(_BY_SYNC)):
                yield part
            return
        except DeadToken:
            pass
    url, answer = await dav.propfind(calendar, [f"{DAV}resourcetype", f"{DAV}supported-report-set", CTAG], depth=0)
    found = answer.items[0] if answer.items else None
    if found is None or not found.has(f"{DAV}resourcetype", f"{CALDAV}calendar"):
        raise Gone
    if not found.has(f"{DAV}supported-report-set", f"{DAV}sync-collection"):
        async for part in _by_etags(dav, url, found.text(CTAG)[:MAX_TOKEN], token, known):
            yield part
        return
    async for part in _by_sync(dav, calendar, ""):
        yield part


async def _by_sync(dav: WebDav, calendar: str, token: str) -> AsyncIterator[Changes]:
    """Yield what changed since the server's token; raise `DeadToken`."""
    is_full, seen = not token, {token}
    for _ in range(MAX_PAGES):
        page = await _page(dav, calendar, token)
        async for part in _parts(dav, calendar, page, is_full=is_full):
            yield part
        if page.is_last:
            return
        token = page.token
        if token in seen:
            break
        seen.add(token)
    raise Failing("invalid_response")


async def _page(dav: WebDav, calendar: str, token: str) -> _Page:
    """Return some of what changed: a server may stop with the status 507 and be asked again (RFC 6578, section 3.6)."""
    url, answer = await dav.report(calendar, webdav_xml.sync_collection(token))
    if not 0 < len(answer.sync_token) <= MAX_TOKEN:
        raise Failing("invalid_response")
    is_last, changed, removed = True, dict[str, None](), dict[str, None]()
    for ref, item in located(url, answer):
        if hrefs.is_same(ref, url):
            is_last = is_last and item.status != 507
        elif item.status in (404, 410):
            removed[ref] = None
        elif item.status == 200 and not ref.endswith("/"):
            changed[ref] = None
    return _Page(list(changed), list(removed), answer.sync_token, is_last)


async def _by_etags(
    dav: WebDav, calendar: str, ctag: str, token: str, known: Mapping[str, str] | None
) -> AsyncIterator[Changes]:
    """Yield what has another entity tag than known, if the calendar has another one."""
    current = f"{_BY_CTAG}{ctag}"
    if ctag and token == current:
        yield Changes([], [], token, is_full=False, is_last=True)
        return
    url, answer = await dav.propfind(calendar, [_ETAG], depth=1)
    found = dict[str, str]()
    for ref, item in located(url, answer):
        if item.status == 507:
            raise Failing("too_large")
        if item.status == 200 and not hrefs.is_same(ref, url) and not ref.endswith("/"):
            found[ref] = etag(item.text(_ETAG))
    is_full = known is None or not token.startswith(_BY_CTAG)
    before = {} if is_full or known is None else known
    changed = [ref for ref, tag in found.items() if not tag or before.get(ref) != tag]
    page = _Page(changed, [ref for ref in before if ref not in found], ctag, is_last=True)
    async for part in _parts(dav, calendar, page, is_full=is_full, kind=_BY_CTAG):
        yield part


async def _parts(
    dav: WebDav, calendar: str, page: _Page, *, is_full: bool, kind: str = _BY_SYNC
) -> AsyncIterator[Changes]:
    """Yield a page with the bodies of its resources, some at a time."""
    removed = page.removed
    for begin in range(0, max(len(page.changed), 1), BATCH):
        resources, others = await _read(dav, calendar, page.changed[begin : begin + BATCH])
        is_last = page.is_last and begin + BATCH >= len(page.changed)
        yield Changes(resources, [*removed, *others], f"{kind}{page.token}" if is_last else "", is_full, is_last)
        removed = []


async def _read(dav: WebDav, calendar: str, refs: Sequence[str]) -> tuple[list[Resource], list[str]]:
    """Return the events among resources, and the refs of what is no event, or gone.

    What can't be read is in neither: it is no iCalendar text, is larger than any answer may be, or is refused.
    """
    if not refs:
        return [], []
    try:
        url, answer = await dav.report(calendar, webdav_xml.calendar_multiget(map(hrefs.path_of, refs)))
    except Failing as fault:
        if fault.reason != "too_large":
            raise
        return await _read_halves(dav, calendar, refs)
    unread = dict.fromkeys(refs)
    resources, others = list[Resource](), list[str]()
    for ref, item in located(url, answer):
        text = item.text(f"{CALDAV}calendar-data")
        if ref not in unread or item.status >= 500 or (item.status == 200 and not text):
            continue
        del unread[ref]
        if item.status == 200:
            resources.append(Resource(ref, etag(item.text(_ETAG)), _body(text)))
        elif item.status in (404, 410):
            others.append(ref)
    for ref in unread:  # some servers leave out what they can't write as XML
        try:
            resources.append(await dav.read(ref))
        except Gone:
            others.append(ref)
        except Failing as fault:
            if fault.reason not in ("invalid_response", "too_large", "forbidden"):
                raise
    others += [one.ref for one in resources if not _EVENT.search(one.body)]
    return [one for one in resources if _EVENT.search(one.body)], others


async def _read_halves(dav: WebDav, calendar: str, refs: Sequence[str]) -> tuple[list[Resource], list[str]]:
    if len(refs) == 1:
        return [], []
    half = len(refs) // 2
    resources, others = await _read(dav, calendar, refs[:half])
    more, other = await _read(dav, calendar, refs[half:])
    return [*resources, *more], [*others, *other]


def _body(text: str) -> bytes:
    """Return an iCalendar text with its line ends, which XML reduced to line feeds (RFC 5545, section 3.1)."""
    return f"{text}\n".replace("\r\n", "\n").replace("\n", "\r\n").encode(errors="replace")
