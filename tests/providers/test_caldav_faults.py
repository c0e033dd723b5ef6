"""What a CalDAV server can do wrong, or to us: each answer is written by the test."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.peers.dav_script import Request, Response, ScriptedServer, scripted

from studyteddy.features.calendar.providers.caldav import CalDav
from studyteddy.features.calendar.providers.caldav_account import CalDavAccount, CalDavCredential
from studyteddy.features.calendar.providers.caldav_sync import MAX_PAGES
from studyteddy.features.calendar.providers.provider import (
    Account,
    Changes,
    Failing,
    Gone,
    OwnEvent,
    ProviderError,
    SignInRequired,
    Stale,
)
from studyteddy.features.calendar.providers.webdav import MAX_BYTES, etag
from studyteddy.platform.egress import Allowed

USER, PASSWORD = "alice", "s3cr3t-pass"
AT = datetime(2026, 12, 7, 9, tzinfo=UTC)
BASIC = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, BASIC)
EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nEND:VEVENT\nEND:VCALENDAR\n"
CALENDAR_TYPE = "<resourcetype><collection/><C:calendar/></resourcetype>"
SYNC_REPORT = "<supported-report><report><sync-collection/></report></supported-report>"
SYNCED = f"{CALENDAR_TYPE}<supported-report-set>{SYNC_REPORT}</supported-report-set>"
Answers = dict[str, Response | list[Response]]


class Faulty(ScriptedServer):
    """Answers by method and path: always the same, or one answer after the other, the last one for ever."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        super().__init__(self._answer)

    async def _answer(self, request: Request) -> Response:
        known = self.answers.get(f"{request.method} {request.path}", Response(404))
        return known if isinstance(known, Response) else known.pop(0) if len(known) > 1 else known[0]

    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]


@pytest.fixture
async def server() -> AsyncIterator[Faulty]:
    async with scripted(Faulty()) as server:
        yield server


def client(server: Faulty, *others: tuple[str, int], path: str = "") -> CalDav:
    return CalDav(f"{server.url}{path}", USER, PASSWORD, Allowed(frozenset({("127.0.0.1", server.port), *others})))


def account(server: Faulty, own: Collection[str] = ()) -> CalDavAccount:
    credential = CalDavCredential(server.url, USER, PASSWORD, Account("", server.url, server.url))
    allow = Allowed(frozenset({("127.0.0.1", server.port)}))
    return CalDavAccount(credential, allow, clock=lambda: AT, own=own)


def multistatus(*responses: str, token: str = "") -> Response:
    sync = f"<sync-token>{token}</sync-token>" if token else ""
    names = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
    return Response(207, f"<multistatus {names}>{''.join(responses)}{sync}</multistatus>".encode())


def found(href: str, *properties: str) -> str:
    prop = f"<propstat><prop>{''.join(properties)}</prop><status>HTTP/1.1 200 OK</status></propstat>"
    return f"<response><href>{href}</href>{prop}</response>"


def only_status(href: str, status: int) -> str:
    return f"<response><href>{href}</href><status>HTTP/1.1 {status} Status</status></response>"


def tagged(href: str, tag: str = '"1"') -> str:
    return found(href, f"<getetag>{tag}</getetag>")


def whole(href: str, tag: str = '"1"', text: str = EVENT) -> str:
    return found(href, f"<getetag>{tag}</getetag>", f"<C:calendar-data>{text}</C:calendar-data>")


def error(status: int, name: str) -> Response:
    body = f'<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><{name}/></error>'
    return Response(status, body.encode())


async def parts(dav: CalDav, server: Faulty, token: str = "", known: Mapping[str, str] | None = None) -> list[Changes]:
    return [part async for part in dav.changes(f"{server.url}cal/", token, known)]


async def reason(server: Faulty, token: str = "") -> str:
    """Return why changes can't be read."""
    with pytest.raises(Failing) as fault:
        await parts(client(server), server, token)
    return fault.value.reason


def bodies(server: Faulty, method: str = "REPORT") -> list[str]:
    return [request.body.decode() for request in server.requests if request.method == method]


def only(*responses: str) -> Answers:
    """Return the answers of a server with a calendar that has these changes."""
    return {
        "PROPFIND /cal/": multistatus(found("/cal/", SYNCED)),
        "REPORT /cal/": [multistatus(*responses, token="end"), multistatus(whole("/cal/a.ics"))],
    }


async def test_a_truncated_answer_is_continued_with_its_token(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", SYNCED))
    server.answers["REPORT /cal/"] = [
        multistatus(tagged("/cal/a.ics"), only_status("/cal/", 507), token="one"),
        multistatus(whole("/cal/a.ics")),
        multistatus(only_status("/cal", 507), only_status("/cal/gone.ics", 404), token="two"),
        multistatus(tagged("/cal/b.ics"), token="three"),
        multistatus(whole("/cal/b.ics")),
    ]
    got = await parts(client(server), server)
    refs = [[one.ref.removeprefix(server.url) for one in part.changed] for part in got]
    assert refs == [["cal/a.ics"], [], ["cal/b.ics"]]
    assert [part.removed for part in got] == [[], [f"{server.url}cal/gone.ics"], []]
    assert [(part.token, part.is_full, part.is_last) for part in got] == [
        ("", True, False),
        ("", True, False),
        ("sync:three", True, True),
    ]
    asked = [body for body in bodies(server) if "sync-collection" in body]
    assert [token in body for body, token in zip(asked, ["sync-token />", ">one<", ">two<"], strict=True)] == [True] * 3


async def test_a_page_that_repeats_itself_ends(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", SYNCED))
    page = [only_status("/cal/", 507), only_status("/cal/a.ics", 404)]
    server.answers["REPORT /cal/"] = [
        multistatus(*page, token="one"),
        multistatus(*page, token="two"),
        multistatus(*page, token="one"),
    ]
    assert await reason(server) == "invalid_response"
    assert len(bodies(server)) == 3


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412])
async def test_a_dead_token_starts_a_full_round(server: Faulty, status: int) -> None:
    dead = Response(410) if status == 410 else error(status, "valid-sync-token")
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", SYNCED))
    server.answers["REPORT /cal/"] = [
        dead,
        multistatus(tagged("/cal/a.ics"), token="new"),
        multistatus(whole("/cal/a.ics")),
    ]
    (part,) = await parts(client(server), server, "sync:dead")
    assert (part.is_full, part.token, len(part.changed)) == (True, "sync:new", 1)


async def test_a_token_that_dies_while_it_is_used_starts_a_full_round_once(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", SYNCED))
    server.answers["REPORT /cal/"] = [
        multistatus(only_status("/cal/", 507), only_status("/cal/x.ics", 404), token="one"),
        error(403, "valid-sync-token"),
        multistatus(token="new"),
    ]
    got = await parts(client(server), server, "sync:old")
    assert [(part.is_full, part.is_last, part.token) for part in got] == [(False, False, ""), (True, True, "sync:new")]
    server.answers["REPORT /cal/"] = error(403, "valid-sync-token")
    assert await reason(server, "sync:old") == "invalid_response"


async def test_without_ctag_and_sync_tokens_every_round_compares_tags(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = [
        multistatus(found("/cal/", CALENDAR_TYPE)),
        multistatus(
            found("/cal/", CALENDAR_TYPE), tagged("/cal/a.ics"), tagged("/cal/sub/"), tagged("/cal/b.ics", "2")
        ),
    ] * 2
    server.answers["REPORT /cal/"] = multistatus(whole("/cal/a.ics"), whole("/cal/b.ics", "2"))
    (full,) = await parts(client(server), server)
    assert {one.ref: one.etag for one in full.changed} == {
        f"{server.url}cal/a.ics": '"1"',
        f"{server.url}cal/b.ics": '"2"',
    }
    known = {f"{server.url}cal/a.ics": '"1"', f"{server.url}cal/b.ics": '"0"', f"{server.url}cal/c.ics": '"3"'}
    (part,) = await parts(client(server), server, full.token, known)
    assert [one.ref for one in part.changed] == [f"{server.url}cal/b.ics"]
    assert (part.removed, part.is_full) == ([f"{server.url}cal/c.ics"], False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html><body>Sign in</body></html>",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b'<multistatus xmlns="DAV:"><response><href>/cal/a.ics</href>',
        b'<multistatus xmlns="DAV:"><response><href>/a</href><status>fine</status></response></multistatus>',
        b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">&x;</multistatus>',
        b'<multistatus xmlns="DAV:">' + b"<a>" * 100_000,
        b'<multistatus xmlns="DAV:">' + b"<a/>" * 250_000 + b"</multistatus>",
        b'<?xml version="1.0" encoding="utf-99"?><multistatus xmlns="DAV:"/>',
        b'<multistatus xmlns="DAV:">\0</multistatus>',
    ],
)
async def test_what_is_not_an_answer_is_invalid(server: Faulty, body: bytes) -> None:
    server.answers["PROPFIND /cal/"] = Response(207, body)
    assert await reason(server) == "invalid_response"
    server.answers["PROPFIND /cal/"] = Response(200, body, {"content-type": "text/html"})
    assert await reason(server) == "invalid_response"
    server.answers = only()
    server.answers["REPORT /cal/"] = Response(207, body)
    assert await reason(server) == "invalid_response"


async def test_an_entity_bomb_costs_nothing(server: Faulty) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE m [<!ENTITY a0 "lol">{entities}]><multistatus xmlns="DAV:">&a11;</multistatus>'
    server.answers["PROPFIND /cal/"] = Response(207, bomb.encode())
    began = time.process_time()
    assert await reason(server) == "invalid_response"
    assert time.process_time() - began < 2


async def test_an_answer_is_limited_to_20_mb(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = Response(207, b" " * (MAX_BYTES + 1))
    assert await reason(server) == "too_large"


async def test_an_event_that_is_too_large_costs_no_other_event(server: Faulty) -> None:
    big = Response(207, b" " * (MAX_BYTES + 1))
    names = [f"/cal/{name}.ics" for name in "abc"]
    server.answers = only(*(tagged(name) for name in names))
    listing = server.answers["REPORT /cal/"]
    assert isinstance(listing, list)
    server.answers["REPORT /cal/"] = [
        listing[0],
        big,
        multistatus(whole(names[0])),
        big,
        big,
        multistatus(whole(names[2])),
    ]
    (part,) = await parts(client(server), server)
    assert [one.ref for one in part.changed] == [f"{server.url}cal/a.ics", f"{server.url}cal/c.ics"]
    assert part.is_last


@pytest.mark.parametrize(
    ("status", "headers", "reason", "after"),
    [
        (429, {"retry-after": "120"}, "too_many_requests", 120),
        (429, {}, "too_many_requests", None),
        (429, {"retry-after": "soon"}, "too_many_requests", None),
        (429, {"retry-after": "99999999999"}, "too_many_requests", 86_400),
        (
            503,
            {"retry-after": "Tue, 01 Dec 2026 10:05:00 GMT", "date": "Tue, 01 Dec 2026 10:00:00 GMT"},
            "unavailable",
            300,
        ),
        (503, {"retry-after": "Tue, 01 Dec 2026 10:05:00 GMT"}, "unavailable", None),
        (500, {}, "unavailable", None),
        (507, {}, "unavailable", None),
        (423, {}, "unavailable", None),
        (501, {}, "unsupported", None),
        (418, {}, "invalid_response", None),
    ],
)
async def test_a_server_that_fails_says_when_to_try_again(
    server: Faulty, status: int, headers: dict[str, str], reason: str, after: float | None
) -> None:
    server.answers["PROPFIND /cal/"] = Response(status, b"", headers)
    with pytest.raises(Failing) as fault:
        await parts(client(server), server)
    assert (fault.value.reason, fault.value.retry_after) == (reason, after)


async def test_a_server_that_does_not_answer_is_unreachable() -> None:
    async with scripted(Faulty()) as server:
        dav = client(server)
    with pytest.raises(Failing) as fault:
        await dav.discover()
    assert fault.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("status", "scheme", "expected"),
    [
        (401, 'Basic realm="x"', SignInRequired),
        (401, 'Digest realm="x", Basic realm="y"', SignInRequired),
        (401, "", SignInRequired),
        (401, 'Digest realm="x", nonce="y"', Failing),
        (401, "Negotiate", Failing),
    ],
)
async def test_a_rejected_sign_in(server: Faulty, status: int, scheme: str, expected: type[ProviderError]) -> None:
    headers = {"www-authenticate": scheme} if scheme else {}
    for path in ("/", "/.well-known/caldav", "/cal/"):
        server.answers[f"PROPFIND {path}"] = Response(status, b"", headers)
    for asking in (client(server).discover(), parts(client(server), server)):
        with pytest.raises(expected) as fault:
            await asking
        assert not isinstance(fault.value, Failing) or fault.value.reason == "unsupported_sign_in"
    assert all(request.headers["authorization"] == f"Basic {BASIC}" for request in server.requests)


async def test_a_server_that_forbids_everything_rejects_the_sign_in(server: Faulty) -> None:
    for path in ("/", "/.well-known/caldav"):
        server.answers[f"PROPFIND {path}"] = Response(403)
    dav = client(server)
    for asking in (dav.discover(), dav.calendars(Account("", server.url, server.url))):
        with pytest.raises(SignInRequired):
            await asking


async def test_a_calendar_that_is_forbidden_is_gone_and_no_wrong_password(server: Faulty) -> None:
    """A share that was taken back; and Radicale forbids what doesn't exist."""
    for answer in (Response(403), multistatus(only_status("/cal/", 403))):
        server.answers["PROPFIND /cal/"] = answer
        with pytest.raises(Gone):
            await parts(client(server), server)
    server.answers["REPORT /cal/"] = Response(403)
    with pytest.raises(Gone):
        await parts(client(server), server, "sync:one")


async def test_an_event_that_is_forbidden_is_neither_gone_nor_costs_others(server: Faulty) -> None:
    server.answers = only(tagged("/cal/a.ics"), tagged("/cal/b.ics"))
    server.answers["GET /cal/b.ics"] = Response(403)
    (part,) = await parts(client(server), server)
    assert ([one.ref for one in part.changed], part.removed) == ([f"{server.url}cal/a.ics"], [])
    with pytest.raises(Failing) as fault:
        await client(server).get(f"{server.url}cal/b.ics")
    assert fault.value.reason == "forbidden"


async def test_a_principal_on_another_path_is_found_by_the_well_known_address(server: Faulty) -> None:
    page = Response(200, b"<!DOCTYPE html><title>Sign in</title>", {"content-type": "text/html"})
    server.answers = {
        "PROPFIND /": page,
        "PROPFIND /.well-known/caldav": Response(301, b"", {"location": "/dav"}),
        "PROPFIND /dav": Response(308, b"", {"location": "/dav/"}),
        "PROPFIND /dav/": multistatus(
            found("/dav/", "<current-user-principal><href>/p/%7Ealice</href></current-user-principal>")
        ),
        "PROPFIND /p/~alice": multistatus(
            found("/p/~alice", "<C:calendar-home-set><href>/homes/alice</href></C:calendar-home-set>")
        ),
    }
    assert await client(server).discover() == Account(
        f"{server.url}p/~alice", f"{server.url}homes/alice/", f"{server.url}dav/"
    )
    assert server.asked() == list(server.answers)
    assert len({request.body for request in server.requests}) == 1
    assert {request.headers["content-type"] for request in server.requests} == {"application/xml; charset=utf-8"}
    assert {request.headers["depth"] for request in server.requests} == {"0"}


async def test_a_calendar_without_a_principal_is_its_own_home(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", CALENDAR_TYPE))
    dav = client(server, path="cal/")
    account = await dav.discover()
    assert account == Account("", f"{server.url}cal/", f"{server.url}cal/")
    assert [one.name for one in await dav.calendars(account)] == ["cal"]


@pytest.mark.parametrize("page", [Response(200, b"<html>Sign in</html>"), Response(404), Response(405), Response(400)])
async def test_an_address_without_calendars_says_so(server: Faulty, page: Response) -> None:
    server.answers = {"PROPFIND /": page, "PROPFIND /.well-known/caldav": page}
    with pytest.raises(Failing) as fault:
        await client(server).discover()
    assert fault.value.reason == "no_calendars"


async def test_what_the_well_known_address_says_comes_first(server: Faulty) -> None:
    server.answers = {"PROPFIND /": Response(405), "PROPFIND /.well-known/caldav": Response(401)}
    with pytest.raises(SignInRequired):
        await client(server).discover()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_told_and_not_followed(server: Faulty, status: int) -> None:
    async with scripted(Faulty()) as other:
        here = f"http://127.0.0.1:{other.port}/"
        for target, host in (
            (here, "127.0.0.1"),
            ("https://10.0.0.1/a", "10.0.0.1"),
            ("https://dav.example/", "dav.example"),
        ):
            server.answers["PROPFIND /"] = Response(status, b"", {"location": target})
            with pytest.raises(Failing) as fault:
                await client(server, ("127.0.0.1", other.port)).discover()
            assert fault.value.reason == "redirected"
            assert str(fault.value).endswith(f": {host}")
        assert other.requests == []


async def test_a_redirect_to_a_forbidden_port_is_refused(server: Faulty) -> None:
    server.answers["PROPFIND /"] = Response(307, b"", {"location": "http://127.0.0.1:22/"})
    with pytest.raises(Failing) as fault:
        await client(server).discover()
    assert fault.value.reason == "refused"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://1.1.1.1/dav/", "insecure"),
        ("https://10.0.0.1/", "refused"),
        ("http://[::1", "refused"),
        ("ftp://example.org/", "refused"),
        ("https://alice:x@example.org/", "refused"),
        ("localhost", "refused"),
        ("", "refused"),
    ],
)
async def test_a_password_is_sent_only_to_servers_of_the_internet_and_encrypted(url: str, reason: str) -> None:
    with pytest.raises(Failing) as fault:
        await CalDav(url, USER, PASSWORD, Allowed()).discover()
    assert fault.value.reason == reason


async def test_calendars_on_another_host_need_encryption(server: Faulty) -> None:
    home = "<C:calendar-home-set><href>http://1.1.1.1/homes/alice/</href></C:calendar-home-set>"
    server.answers["PROPFIND /"] = multistatus(found("/", home))
    dav = client(server)
    account = await dav.discover()
    assert account.home == "http://1.1.1.1/homes/alice/"
    with pytest.raises(Failing) as fault:
        await dav.calendars(account)
    assert fault.value.reason == "insecure"


async def test_calendars_on_another_allowed_host_are_read(server: Faulty) -> None:
    async with scripted(Faulty()) as other:
        home = f"http://localhost:{other.port}/homes/alice/"
        server.answers["PROPFIND /"] = multistatus(
            found("/", f"<C:calendar-home-set><href>{home}</href></C:calendar-home-set>")
        )
        other.answers["PROPFIND /homes/alice/"] = multistatus(found("/homes/alice/one/", CALENDAR_TYPE))
        dav = client(server, ("localhost", other.port))
        (calendar,) = await dav.calendars(await dav.discover())
        assert calendar.ref == f"{home}one/"
        assert other.requests[0].headers["depth"] == "1"


async def test_calendars_are_described(server: Faulty) -> None:
    def privileges(*names: str) -> str:
        every = "".join(f"<privilege><{name}/></privilege>" for name in names)
        return f"<current-user-privilege-set>{every}</current-user-privilege-set>"

    def kinds(*names: str) -> str:
        every = "".join(f'<C:comp name="{name}"/>' for name in names)
        return f"<C:supported-calendar-component-set>{every}</C:supported-calendar-component-set>"

    color = '<A:calendar-color xmlns:A="http://apple.com/ns/ical/">{}</A:calendar-color>'
    server.answers["PROPFIND /"] = multistatus(
        found("/", "<resourcetype><collection/></resourcetype>"),
        found(
            "/own/", CALENDAR_TYPE, "<displayname> My\n uni </displayname>", kinds("VTODO", "VEVENT"), privileges("all")
        ),
        found("/read/", CALENDAR_TYPE, privileges("read", "read-acl"), color.format("#ABCDEF80")),
        found(
            "/unnamed%20one", CALENDAR_TYPE, "<displayname/>", privileges("bind", "write-content"), color.format("red")
        ),
        found("/tasks/", CALENDAR_TYPE, kinds("VTODO")),
        found("/inbox/", "<resourcetype><collection/><C:schedule-inbox/></resourcetype>"),
        found("/own/", CALENDAR_TYPE),
        only_status("/broken/", 500),
    )
    got = await client(server).calendars(Account("", server.url, server.url))
    assert [(one.ref.removeprefix(server.url), one.name, one.writable, one.color) for one in got] == [
        ("own/", "own", True, ""),
        ("read/", "read", False, "#abcdef"),
        ("unnamed%20one/", "unnamed one", True, ""),
    ]


async def test_a_resource_on_another_host_is_refused(server: Faulty) -> None:
    for href in ("https://elsewhere.example/cal/a.ics", "//elsewhere.example/cal/a.ics"):
        server.answers = only(tagged(href))
        assert await reason(server) == "invalid_response"
        server.answers["PROPFIND /cal/"] = [multistatus(found("/cal/", CALENDAR_TYPE)), multistatus(tagged(href))]
        assert await reason(server) == "invalid_response"
        server.answers["PROPFIND /"] = multistatus(found(href, CALENDAR_TYPE))
        with pytest.raises(Failing):
            await client(server).calendars(Account("", server.url, server.url))
    assert {request.method for request in server.requests} == {"PROPFIND", "REPORT"}


@pytest.mark.parametrize(
    "href",
    [
        "/cal/%2e%2e/%2e%2e/a.ics",
        "/cal/" + "a" * 3000,
        "http://[::1/a.ics",
        "http://a:b@127.0.0.1/",
        "ftp://127.0.0.1/cal/a.ics",
        "mailto:x",
        "https://elsewhere.example/cal/a.ics",
    ],
)
async def test_an_address_that_can_not_be_used_costs_no_other(server: Faulty, href: str) -> None:
    server.answers = only(tagged(href), tagged("/cal/a.ics"))
    (part,) = await parts(client(server), server)
    assert ([one.ref for one in part.changed], part.removed) == ([f"{server.url}cal/a.ics"], [])
    server.answers["PROPFIND /cal/"] = [
        multistatus(found("/cal/", CALENDAR_TYPE)),
        multistatus(tagged(href), tagged("/cal/a.ics")),
    ]
    server.answers["REPORT /cal/"] = multistatus(whole(href), whole("/cal/a.ics"))
    (part,) = await parts(client(server), server)
    assert [one.ref for one in part.changed] == [f"{server.url}cal/a.ics"]
    server.answers["PROPFIND /"] = multistatus(found(href, CALENDAR_TYPE), found("/cal/", CALENDAR_TYPE))
    account = Account("", server.url, server.url)
    assert [one.ref for one in await client(server).calendars(account)] == [f"{server.url}cal/"]
    assert {one.path for one in server.requests} == {"/", "/cal/"}


async def test_one_resource_has_one_ref_however_it_is_written(server: Faulty) -> None:
    server.answers = only(tagged("/cal/~a%40b%c3%bc %2F.ics"))
    listing = server.answers["REPORT /cal/"]
    assert isinstance(listing, list)
    # Behind a proxy, a server doesn't know its port.
    server.answers["REPORT /cal/"] = [listing[0], multistatus(whole("https://127.0.0.1/cal/%7Ea@b%C3%BC%20%2f.ics#x"))]
    (part,) = await parts(client(server), server)
    assert [one.ref for one in part.changed] == [f"{server.url}cal/~a@b%C3%BC%20%2F.ics"]
    assert "<D:href>/cal/~a@b%C3%BC%20%2F.ics</D:href>" in bodies(server)[1]


async def test_a_calendar_is_itself_however_it_is_written(server: Faulty) -> None:
    server.answers["PROPFIND /c%40l/"] = multistatus(found("/c@l/", SYNCED))
    server.answers["REPORT /c%40l/"] = [multistatus(only_status("/c@l/", 507), token="one"), multistatus(token="two")]
    got = [part async for part in client(server).changes(f"{server.url}c%40l/", "")]
    assert [part.token for part in got] == ["", "sync:two"]


async def test_resources_that_an_answer_lacks_are_read_one_by_one(server: Faulty) -> None:
    server.answers = only(*(tagged(f"/cal/{name}.ics") for name in "abcdefg"))
    listing = server.answers["REPORT /cal/"]
    assert isinstance(listing, list)
    twice = [whole("/cal/a.ics"), whole("/cal/a.ics", '"other"')]
    failed = [tagged("/cal/c.ics"), only_status("/cal/e.ics", 500), only_status("/cal/f.ics", 403)]
    server.answers["REPORT /cal/"] = [listing[0], multistatus(*twice, whole("/cal/unasked.ics"), *failed)]
    server.answers["GET /cal/b.ics"] = Response(200, EVENT.encode(), {"etag": 'W/"7"'})
    server.answers["GET /cal/c.ics"] = Response(200, EVENT.replace("VEVENT", "VTODO").encode())
    server.answers["GET /cal/e.ics"] = Response(200, EVENT.encode(), {"etag": '"8"'})
    server.answers["GET /cal/g.ics"] = Response(200, b"rubbish")
    (part,) = await parts(client(server), server)
    got = {one.ref.removeprefix(f"{server.url}cal/"): one.etag for one in part.changed}
    assert got == {"a.ics": '"1"', "b.ics": '"7"', "e.ics": '"8"'}
    assert sorted(part.removed) == [f"{server.url}cal/c.ics", f"{server.url}cal/d.ics"]


async def test_a_change_that_can_not_be_read_now_is_not_lost(server: Faulty) -> None:
    server.answers = only(tagged("/cal/a.ics"))
    listing = server.answers["REPORT /cal/"]
    assert isinstance(listing, list)
    server.answers["REPORT /cal/"] = [listing[0], multistatus(only_status("/cal/a.ics", 500))]
    server.answers["GET /cal/a.ics"] = Response(500)
    assert await reason(server) == "unavailable"


@pytest.mark.parametrize("etag", [None, "", 'W/"2"', '"2"', "2"])
async def test_a_missing_tag_is_read_again(server: Faulty, etag: str | None) -> None:
    server.answers["PUT /cal/a.ics"] = Response(201, b"", {} if etag is None else {"etag": etag})
    server.answers["GET /cal/a.ics"] = Response(200, EVENT.encode(), {"etag": '"3"'})
    assert await client(server).put(f"{server.url}cal/a.ics", EVENT.encode(), '"1"') == ('"2"' if etag else '"3"')
    assert server.requests[0].headers["if-match"] == '"1"'
    assert server.requests[0].body == EVENT.encode()


@pytest.mark.parametrize("shown", ['"1-gzip"', 'W/"1-gzip"', '"1--gzip"', '"1-br"', '"1-deflate"', 'W/"1"'])
async def test_a_tag_that_compression_changed_is_the_same(server: Faulty, shown: str) -> None:
    event = OwnEvent(UUID(int=1), "Revise", AT, AT + timedelta(hours=1))
    server.answers["GET /cal/a.ics"] = Response(200, EVENT.encode(), {"etag": shown})
    server.answers["PUT /cal/a.ics"] = Response(204, b"", {"etag": '"2"'})
    written = await account(server).update(f"{server.url}cal/a.ics", '"1"', event)
    assert written.etag == '"2"'
    assert server.requests[-1].headers["if-match"] == '"1"'
    assert etag('"gzip-1-gzipped"') == '"gzip-1-gzipped"'


async def test_our_calendar_is_listed_whatever_comes_before_it(server: Faulty) -> None:
    server.answers["PROPFIND /"] = multistatus(*(found(f"/c{n}/", CALENDAR_TYPE) for n in range(120)))
    got = await account(server, own=[f"{server.url}c110/"]).calendars()
    assert (len(got), [one.name for one in got[:2]]) == (100, ["c110", "c0"])


def test_a_password_is_in_no_representation() -> None:
    assert PASSWORD not in repr(CalDavCredential("https://cal.example", USER, PASSWORD))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Response(412), "Stale"),
        (error(403, "C:no-uid-conflict"), "Stale"),
        (error(403, "C:valid-calendar-data"), "rejected"),
        (error(412, "C:valid-calendar-object-resource"), "rejected"),
        (error(409, "C:max-resource-size"), "rejected"),
        (Response(413), "rejected"),
        (Response(403), "forbidden"),
        (error(403, "need-privileges"), "forbidden"),
        (Response(405), "forbidden"),
        (Response(409), "Gone"),
        (Response(404), "Gone"),
        (Response(401), "SignInRequired"),
        (Response(507), "unavailable"),
        (Response(302, b"", {"location": "https://sign-in.example/"}), "redirected"),
        (Response(200, b"<html>Sign in</html>"), "invalid_response"),
    ],
)
async def test_a_write_that_fails(server: Faulty, answer: Response, expected: str) -> None:
    server.answers = {"PUT /cal/a.ics": answer, "GET /cal/a.ics": answer}
    with pytest.raises(ProviderError) as fault:
        await client(server).put(f"{server.url}cal/a.ics", EVENT.encode())
    assert expected == (fault.value.reason if isinstance(fault.value, Failing) else type(fault.value).__name__)


async def test_a_deletion_of_what_is_gone_is_done_whatever_the_server_checks_first(server: Faulty) -> None:
    server.answers["DELETE /cal/a.ics"] = Response(412)
    await client(server).delete(f"{server.url}cal/a.ics", '"1"')
    server.answers["PROPFIND /cal/a.ics"] = multistatus(tagged("/cal/a.ics", '"2"'))
    with pytest.raises(Stale):
        await client(server).delete(f"{server.url}cal/a.ics", '"1"')
    server.answers["DELETE /cal/a.ics"] = Response(403)
    with pytest.raises(Failing) as fault:
        await client(server).delete(f"{server.url}cal/a.ics", '"1"')
    assert fault.value.reason == "forbidden"
    server.answers["DELETE /cal/a.ics"] = Response(410)
    await client(server).delete(f"{server.url}cal/a.ics", '"1"')


@pytest.mark.parametrize("status", [403, 405, 501, 400])
async def test_a_server_that_makes_no_calendars_says_so(server: Faulty, status: int) -> None:
    server.answers["MKCALENDAR /teddy/"] = Response(status)
    with pytest.raises(Failing) as fault:
        await client(server).make_calendar(Account("", server.url, server.url), "Study Teddy", slug="teddy")
    assert fault.value.reason == ("forbidden" if status == 403 else "unsupported")


async def test_a_calendar_for_tasks_is_not_taken(server: Faulty) -> None:
    kinds = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    server.answers = {
        "MKCALENDAR /teddy/": Response(405),
        "PROPFIND /teddy/": multistatus(found("/teddy/", CALENDAR_TYPE, kinds)),
    }
    with pytest.raises(Failing):
        await client(server).make_calendar(Account("", server.url, server.url), "Study Teddy", slug="teddy")


async def test_no_secret_is_in_an_error_or_a_log(server: Faulty, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"{PASSWORD} {BASIC}".encode()
    answers = [Response(status, echo, {"x-echo": BASIC}) for status in (200, 207, 400, 401, 403, 404, 412, 429, 500)]
    answers.append(Response(302, b"", {"location": f"https://{USER}:{PASSWORD}@example.org/{PASSWORD}"}))
    ref = f"{server.url}cal/a.ics"
    for answer in answers:
        server.answers = {
            f"{method} /cal/{name}": answer for method in ("GET", "PUT", "DELETE", "PROPFIND") for name in ("", "a.ics")
        }
        dav = client(server)
        for asking in (dav.discover(), dav.get(ref), dav.put(ref, b"x", '"1"'), parts(dav, server)):
            with pytest.raises(ProviderError) as fault:
                await asking
            shown = f"{fault.value!s} {fault.value!r} {fault.value.__cause__!r}"
            assert [secret for secret in SECRETS if secret in shown] == []
    assert [record for record in caplog.records if any(secret in record.getMessage() for secret in SECRETS)] == []


async def test_a_calendar_that_became_a_collection_is_gone(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", "<resourcetype><collection/></resourcetype>"))
    with pytest.raises(Gone):
        await parts(client(server), server)


async def test_an_answer_that_lacks_what_matters_is_invalid(server: Faulty) -> None:
    server.answers["PROPFIND /cal/"] = multistatus(found("/cal/", SYNCED))
    for token in ("", "x" * 2001):
        server.answers["REPORT /cal/"] = multistatus(tagged("/cal/a.ics"), token=token)
        assert await reason(server) == "invalid_response"
    for answer in (multistatus(), multistatus(found("/", "<resourcetype><collection/></resourcetype>"))):
        server.answers["PROPFIND /"] = answer
        with pytest.raises(Failing) as fault:
            await client(server).discover()
        assert fault.value.reason == "no_calendars"
    server.answers["PROPFIND /cal/"] = [
        multistatus(found("/cal/", CALENDAR_TYPE)),
        multistatus(only_status("/cal/", 507)),
    ]
    with pytest.raises(Failing):
        await parts(client(server), server)


async def test_pages_end_even_if_each_has_another_token() -> None:
    class Endless(Faulty):
        async def _answer(self, request: Request) -> Response:
            if request.method == "PROPFIND":
                return multistatus(found("/cal/", SYNCED))
            return multistatus(only_status("/cal/", 507), token=str(len(self.requests)))

    async with scripted(Endless()) as server:
        assert await reason(server) == "invalid_response"
        assert len(server.requests) == MAX_PAGES + 1
