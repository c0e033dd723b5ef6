"""The CalDAV client against two real servers, Radicale and Xandikos, and beside a client that others wrote."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import uuid4

import httpx2
import pytest
from tests.peers import caldav_servers
from tests.peers.caldav_servers import PASSWORD, USER, CalDavServer
from tests.peers.dav_script import Request, Response, Script, ScriptedServer, scripted

from studyteddy.features.calendar.formats.feeds import read_feed
from studyteddy.features.calendar.providers.caldav import CalDav
from studyteddy.features.calendar.providers.provider import (
    Account,
    Changes,
    Failing,
    Gone,
    RemoteCalendar,
    Resource,
    SignInRequired,
    Stale,
)
from studyteddy.platform.egress import Allowed


def client(server: CalDavServer, path: str = "", password: str = PASSWORD) -> CalDav:
    return CalDav(f"{server.url}{path}", USER, password, server.allow)


async def made(server: CalDavServer) -> tuple[CalDav, RemoteCalendar]:
    """Return a client and a new calendar."""
    dav = client(server)
    return dav, await dav.make_calendar(await dav.discover(), "Study Teddy", slug=uuid4().hex)


def event(uid: str, title: str = "Revision", kind: str = "VEVENT") -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Study Teddy//Tests//EN",
        f"BEGIN:{kind}",
        f"UID:{uid}",
        "DTSTAMP:20261101T000000Z",
        "DTSTART:20261201T100000Z",
        f"SUMMARY:{title}",
        "X-UNKNOWN;X-PARAMETER=kept:kept",
        f"END:{kind}",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


async def put(dav: CalDav, calendar: RemoteCalendar, uid: str, body: bytes | None = None) -> Resource:
    ref = dav.resource_ref(calendar.ref, f"{uid}.ics")
    return Resource(ref, await dav.put(ref, body or event(uid)), b"")


async def since(dav: CalDav, ref: str, token: str = "", known: Mapping[str, str] | None = None) -> Changes:
    """Return all that changed, as one part; only the last part has a token."""
    parts = [part async for part in dav.changes(ref, token, known)]
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [bool(part.token) for part in parts] == [part.is_last for part in parts]
    assert all(len(part.changed) <= 50 for part in parts)
    return Changes(
        [one for part in parts for one in part.changed],
        [one for part in parts for one in part.removed],
        parts[-1].token,
        parts[-1].is_full,
        is_last=True,
    )


def tags(changes: Changes) -> dict[str, str]:
    return {one.ref: one.etag for one in changes.changed}


@pytest.mark.parametrize("path", ["", f"{USER}", f"{USER}/", "home", "calendar", ".well-known/caldav"])
async def test_an_account_is_found_from_any_of_its_addresses(calendar_server: CalDavServer, path: str) -> None:
    _, calendar = await made(calendar_server)
    known = {"home": calendar_server.calendars, "calendar": calendar.ref}
    url = known.get(path, f"{calendar_server.url}{path}")
    account = await CalDav(f" {url} ", USER, PASSWORD, calendar_server.allow).discover()
    assert account.principal == f"{calendar_server.url}{USER}/"
    assert account.home == calendar_server.calendars
    assert account.address.startswith(calendar_server.url)
    assert calendar.ref in [one.ref for one in await client(calendar_server).calendars(account)]


async def test_a_wrong_path_of_the_right_server_is_enough(calendar_server: CalDavServer) -> None:
    account = await client(calendar_server, "wrong/path/").discover()
    assert account.home == calendar_server.calendars


async def test_a_wrong_password_is_rejected(calendar_server: CalDavServer) -> None:
    """Xandikos leaves sign-in to a proxy."""
    async with scripted(ScriptedServer(guarding(calendar_server))) as proxy:
        server = proxy if calendar_server.name == "xandikos" else calendar_server
        allow = Allowed(frozenset({("127.0.0.1", server.port)}))
        assert (await CalDav(server.url, USER, PASSWORD, allow).discover()).principal == f"{server.url}{USER}/"
        dav = CalDav(server.url, USER, "wrong", allow)
        with pytest.raises(SignInRequired):
            await dav.discover()
        with pytest.raises(SignInRequired):
            await dav.calendars(Account("", f"{server.url}{USER}/", ""))
        with pytest.raises(SignInRequired):
            await since(dav, f"{server.url}{USER}/any/")


async def test_a_calendar_is_made_once(calendar_server: CalDavServer) -> None:
    dav, slug = client(calendar_server), f"study teddy {uuid4().hex}"
    account = await dav.discover()
    first = await dav.make_calendar(account, "Lernen & Üben <1>", slug=slug)
    assert first.name == "Lernen & Üben <1>"
    assert first.writable
    assert await dav.make_calendar(account, "Another name", slug=slug) == first
    assert [one for one in await dav.calendars(account) if one.ref == first.ref] == [first]


async def test_a_calendar_in_a_collection_that_does_not_exist_is_not_made(calendar_server: CalDavServer) -> None:
    dav = client(calendar_server)
    nowhere = Account("", f"{calendar_server.calendars}nowhere/deep/", "")
    with pytest.raises(Failing) as fault:
        await dav.make_calendar(nowhere, "Study Teddy", slug="a")
    assert fault.value.reason in ("forbidden", "unsupported")


async def test_only_calendars_with_events_are_listed(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    tasks = f"{calendar_server.calendars}{uuid4().hex}/"
    body = """<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
        <C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>
        </prop></set></C:mkcalendar>"""
    sent = await asked(calendar_server, "MKCALENDAR", tasks, body)
    assert sent.status_code == 201
    refs = [one.ref for one in await dav.calendars(await dav.discover())]
    assert calendar.ref in refs
    assert tasks not in refs
    assert calendar_server.calendars not in refs


async def asked(server: CalDavServer, method: str, url: str, body: str) -> httpx2.Response:
    """Ask as another client would."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    async with httpx2.AsyncClient(trust_env=False, auth=(USER, PASSWORD)) as http:
        return await http.request(method, url, content=body, headers=headers)


async def test_the_color_and_name_that_another_client_sets_are_read(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    body = """<propertyupdate xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><set><prop>
        <displayname>Uni\n plan</displayname><A:calendar-color>#FF00aaFF</A:calendar-color>
        </prop></set></propertyupdate>"""
    assert (await asked(calendar_server, "PROPPATCH", calendar.ref, body)).status_code == 207
    found = {one.ref: one for one in await dav.calendars(await dav.discover())}[calendar.ref]
    assert (found.name, found.color) == ("Uni plan", "#ff00aa")


async def test_a_resource_is_created_once_and_changed_with_its_tag(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    first = await put(dav, calendar, "one")
    got = await dav.get(first.ref)
    assert got.etag == first.etag != ""
    assert b"SUMMARY:Revision" in got.body
    with pytest.raises(Stale):
        await dav.put(first.ref, event("one", "Again"))
    second = await dav.put(first.ref, event("one", "Moved"), first.etag)
    assert second != first.etag
    with pytest.raises(Stale):
        await dav.put(first.ref, event("one", "Late"), first.etag)
    got = await dav.get(first.ref)
    assert got.etag == second
    assert b"SUMMARY:Moved" in got.body
    assert b"X-UNKNOWN;X-PARAMETER=kept:kept" in got.body


async def test_a_uid_is_not_created_twice(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    await put(dav, calendar, "one")
    with pytest.raises(Stale):
        await put(dav, calendar, "other", event("one"))


async def test_what_is_no_event_is_rejected(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    with pytest.raises(Failing) as fault:
        await put(dav, calendar, "bad", b"rubbish")
    assert fault.value.reason == "rejected"


async def test_a_deletion_needs_the_current_tag_and_is_repeatable(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    first = await put(dav, calendar, "one")
    second = await dav.put(first.ref, event("one", "Moved"), first.etag)
    with pytest.raises(Stale):
        await dav.delete(first.ref, first.etag)
    await dav.delete(first.ref, second)
    await dav.delete(first.ref, second)
    with pytest.raises(Gone):
        await dav.get(first.ref)
    with pytest.raises(Stale):
        await dav.put(first.ref, event("one", "Late"), second)


async def test_changes_follow_a_token(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    empty = await since(dav, calendar.ref)
    assert (empty.changed, empty.removed, empty.is_full) == ([], [], True)
    one, two = await put(dav, calendar, "one"), await put(dav, calendar, "ü 2&%")
    full = await since(dav, calendar.ref)
    assert full.is_full
    assert tags(full) == {one.ref: one.etag, two.ref: two.etag}
    assert all(body.body.endswith(b"END:VCALENDAR\r\n") and b"\r\n" in body.body for body in full.changed)
    added = await since(dav, calendar.ref, empty.token)
    assert (tags(added), added.removed, added.is_full) == (tags(full), [], False)
    same = await since(dav, calendar.ref, full.token)
    assert (same.changed, same.removed, same.is_full) == ([], [], False)

    changed_tag = await dav.put(one.ref, event("one", "Moved"), one.etag)
    await dav.delete(two.ref, two.etag)
    changed = await since(dav, calendar.ref, same.token)
    assert (tags(changed), changed.removed, changed.is_full) == ({one.ref: changed_tag}, [two.ref], False)
    assert b"SUMMARY:Moved" in changed.changed[0].body
    assert (await since(dav, calendar.ref, changed.token)).changed == []


async def test_a_token_that_the_server_forgot_leads_to_a_full_round(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    one = await put(dav, calendar, "one")
    for token in ("sync:http://radicale.org/ns/sync/forgotten", f"sync:{'0' * 40}", "unknown"):
        again = await since(dav, calendar.ref, token)
        assert (tags(again), again.is_full) == ({one.ref: one.etag}, True)


async def test_many_events_come_in_parts(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    refs = [(await put(dav, calendar, f"event-{number}")).ref for number in range(60)]
    parts = [part async for part in dav.changes(calendar.ref, "")]
    assert [len(part.changed) for part in parts] == [50, 10]
    assert [part.is_full for part in parts] == [True, True]
    assert sorted(one.ref for part in parts for one in part.changed) == sorted(refs)


async def test_what_is_no_event_is_left_out(calendar_server: CalDavServer) -> None:
    dav = client(calendar_server)
    home = calendar_server.calendars
    ref = f"{home}{uuid4().hex}/"
    sent = await asked(calendar_server, "MKCALENDAR", ref, '<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav"/>')
    assert sent.status_code == 201
    calendar = RemoteCalendar(ref, "Mixed", writable=True)
    empty = await since(dav, ref)
    one, task = await put(dav, calendar, "one"), await put(dav, calendar, "task", event("task", kind="VTODO"))
    changed = await since(dav, ref, empty.token)
    assert tags(changed) == {one.ref: one.etag}
    assert changed.removed == [task.ref]


async def test_a_calendar_that_was_deleted_is_gone(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    token = (await since(dav, calendar.ref)).token
    assert (await asked(calendar_server, "DELETE", calendar.ref, "")).is_success
    for known in ("", token, "ctag:x"):
        with pytest.raises(Gone):
            await since(dav, calendar.ref, known)
    with pytest.raises(Gone):
        await put(dav, calendar, "one")
    with pytest.raises(Gone):
        await dav.get(dav.resource_ref(calendar.ref, "one.ics"))
    await dav.delete(dav.resource_ref(calendar.ref, "one.ics"), '"x"')


async def test_a_collection_that_is_no_calendar_is_gone(calendar_server: CalDavServer) -> None:
    with pytest.raises(Gone):
        await since(client(calendar_server), calendar_server.calendars)


async def test_without_sync_tokens_entity_tags_are_compared(calendar_server: CalDavServer) -> None:
    """A proxy hides that the server offers them."""
    async with scripted(ScriptedServer(hiding(calendar_server, b"sync-collection"))) as proxy:
        dav, calendar = await made(calendar_server)
        proxied = CalDav(proxy.url, USER, PASSWORD, Allowed(frozenset({("127.0.0.1", proxy.port)})))
        ref = calendar.ref.replace(str(calendar_server.port), str(proxy.port))
        one, two = await put(dav, calendar, "one"), await put(dav, calendar, "two")
        full = await since(proxied, ref)
        known = tags(full)
        assert full.is_full
        assert sorted(known.values()) == sorted([one.etag, two.etag])

        proxy.requests.clear()
        same = await since(proxied, ref, full.token, known)
        assert (same.changed, same.removed, same.is_full, same.token) == ([], [], False, full.token)
        assert [request.method for request in proxy.requests] == ["PROPFIND"]

        moved = await dav.put(one.ref, event("one", "Moved"), one.etag)
        await dav.delete(two.ref, two.etag)
        changed = await since(proxied, ref, full.token, known)
        assert list(tags(changed).values()) == [moved]
        assert [removed.rpartition("/")[2] for removed in changed.removed] == ["two.ics"]
        assert not changed.is_full
        again = await since(proxied, ref, full.token)
        assert (list(tags(again).values()), again.is_full) == ([moved], True)
        switched = await since(dav, calendar.ref, full.token, known)
        assert (tags(switched), switched.is_full) == ({one.ref: moved}, True)


def guarding(server: CalDavServer) -> Script:
    """Return a script that forwards to a server what has the right password."""
    forward, expected = hiding(server, b"\0"), b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    async def guard(request: Request) -> Response:
        if request.headers.get("authorization") == f"Basic {expected}":
            return await forward(request)
        return Response(401, b"", {"www-authenticate": 'Basic realm="calendars"'})

    return guard


def hiding(server: CalDavServer, text: bytes) -> Script:
    """Return a script that forwards to a server, and hides a text in its answers."""

    async def forward(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        async with httpx2.AsyncClient(trust_env=False) as http:
            url = f"{server.url.removesuffix('/')}{request.path}"
            got = await http.request(request.method, url, content=request.body, headers=headers)
        kept = {name: value for name, value in got.headers.items() if name in ("content-type", "etag")}
        return Response(got.status_code, got.content.replace(text, b"hidden"), kept)

    return forward


async def test_a_series_of_another_client_is_read_whole(calendar_server: CalDavServer) -> None:
    dav, calendar = await made(calendar_server)
    caldav_servers.run_client(calendar_server.url, USER, PASSWORD, calendar.ref)
    (found,) = (await since(dav, calendar.ref)).changed
    assert found.body.count(b"BEGIN:VEVENT") == 2
    assert found.body.count(b"RECURRENCE-ID") == 1
    feed = await read_feed(found.body, zone="Europe/Berlin", since=date(2026, 11, 1), until=date(2027, 1, 31))
    assert feed.is_complete
    assert [(one.title, one.starts_at) for one in feed.events] == [
        ("Lecture", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("Lecture in the large hall", datetime(2026, 12, 8, 12, tzinfo=UTC)),
        ("Lecture", datetime(2026, 12, 15, 9, tzinfo=UTC)),
        ("Lecture", datetime(2026, 12, 22, 9, tzinfo=UTC)),
    ]
