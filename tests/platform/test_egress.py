"""Fetching an address that a student typed: what is refused, and what a server can't do to us."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest
from tests.chaos.harness import until
from tests.providers.certificates import certificates

from studyteddy.platform import egress
from studyteddy.platform.egress import Allowed, Fetched, Refused, TooLarge, allowed, get, is_public, request
from studyteddy.platform.http import Unreachable

SECRET = "s3cr3t-token"
NOT_PUBLIC = """
0.0.0.0 10.255.255.255 100.64.0.1 127.255.0.1 168.63.129.16 169.254.169.254 172.31.0.1 192.0.0.192 192.0.2.1
192.168.1.1 198.19.255.255 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:10.0.0.1
64:ff9b::a00:1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1::
2002:c0a8:101::1 3fff::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1
"""
PUBLIC = """
1.1.1.1 100.63.255.255 100.128.0.0 172.32.0.1 223.255.255.255 2606:4700::1111 2a00::1 ::ffff:8.8.8.8 64:ff9b::808:808
2002:808:808::1
"""

Serve = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on the loopback interface that keeps the requests it received."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.port = 0
        self.answers: dict[str, bytes | Serve] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            answer = self.answers.get(head.split(" ")[1], b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(head, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client closed the connection
        finally:
            writer.close()


@asynccontextmanager
async def started(context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with started() as server:
        yield server


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names resolve to: one answer after the other, the last one for ever."""
    answers: dict[str, list[list[str]]] = {}

    async def resolve(host: str, port: int) -> list[str]:
        known = answers[host]
        return known.pop(0) if len(known) > 1 else known[0]

    monkeypatch.setattr(egress, "_resolve", resolve)
    return answers


def _here(*ports: int, host: str = "127.0.0.1") -> Allowed:
    return Allowed(hosts=frozenset((host, port) for port in ports))


async def _code(url: str, allow: Allowed | None = None) -> str:
    with pytest.raises(Refused) as refused:
        await get(url, allow=allow or Allowed(), headers={}, max_bytes=1000)
    assert SECRET not in str(refused.value)
    return refused.value.code


async def _unreachable(url: str, allow: Allowed, max_bytes: int = 1000) -> str:
    with pytest.raises(Unreachable) as fault:
        await get(url, allow=allow, headers={"authorization": SECRET}, max_bytes=max_bytes)
    assert SECRET not in str(fault.value)
    return str(fault.value)


async def test_a_response_is_returned_whatever_its_status(server: Server) -> None:
    server.answers["/feed.ics?key=a%20b"] = ok(b"hello", "ETag: x")
    base = f"http://127.0.0.1:{server.port}"
    fetched = await get(
        f"{base}/feed.ics?key=a b#part", allow=_here(server.port), headers={"If-None-Match": "y"}, max_bytes=5
    )
    assert (fetched.status, fetched.body, fetched.headers["etag"]) == (200, b"hello", "x")
    assert fetched.url == f"{base}/feed.ics?key=a%20b"
    sent = server.requests[0].lower()
    assert f"host: 127.0.0.1:{server.port}\r\n" in sent
    assert "if-none-match: y" in sent
    assert "cookie" not in sent
    assert (await get(base, allow=_here(server.port), headers={}, max_bytes=5)).status == 404


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.org/a", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("webcal://example.org/a", "scheme"),
        ("example.org/a", "scheme"),
        ("", "scheme"),
        (f"https://user:{SECRET}@example.org/", "user_info"),
        ("https://@example.org/", "user_info"),
        ("https://example.org\\@127.0.0.1/", "user_info"),
        ("https://example.org:25/", "port"),
        ("https://example.org:0/", "port"),
        ("https://example.org:99999/", "url"),
        ("https://[::1/", "url"),
        ("https://" + "a" * 5000, "url"),
        ("https://example.org/\ud800", "url"),
        ("https:///a", "host"),
        ("https://example..org/", "host"),
        ("https://example.org../", "host"),
        ("https://exam%70le.org/", "host"),
        ("https://-a.org/", "host"),
        ("https://" + "a" * 64 + ".org/", "host"),
        ("https://2130706433/", "host"),
        ("https://0x7f000001/", "host"),
        ("https://0x7f.1/", "host"),
        ("https://017700000001/", "host"),
        ("https://0177.0.0.1/", "host"),
        ("https://127.1/", "host"),
        ("https://127.0.0.1.2/", "host"),
        ("https://a.0x/", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://[::1%eth0]/", "host"),
        ("https://①②⑦.⓪.⓪.①/", "private"),
        ("https://127。0。0。1/", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://127.0.0.1./", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://[::ffff:169.254.169.254]/", "private"),
        ("https://[::1]/", "private"),
        ("https://[fd00:ec2::254]/", "private"),
    ],
)
async def test_what_is_not_on_the_web_is_refused(url: str, code: str) -> None:
    assert await _code(url) == code


def test_only_addresses_of_the_public_internet_are_public() -> None:
    assert [one for one in NOT_PUBLIC.split() if is_public(ip_address(one))] == []
    assert [one for one in PUBLIC.split() if not is_public(ip_address(one))] == []


async def test_one_private_address_among_public_ones_refuses_the_host(resolved: dict[str, list[list[str]]]) -> None:
    resolved["feeds.example"] = [["93.184.216.34", "2606:4700::1111", "10.0.0.1"]]
    assert await _code(f"https://feeds.example/{SECRET}") == "private"


async def test_a_name_is_resolved_once(server: Server, resolved: dict[str, list[list[str]]]) -> None:
    server.answers["/"] = ok(b"checked")
    resolved["feeds.example"] = [["127.0.0.1"], ["127.0.0.99"]]
    allow = Allowed(networks=allowed("127.0.0.1/32").networks, hosts=_here(server.port, host="feeds.example").hosts)
    url = f"http://feeds.example.:{server.port}/"
    assert (await get(url, allow=allow, headers={}, max_bytes=100)).body == b"checked"
    assert f"host: feeds.example:{server.port}\r\n" in server.requests[0].lower()
    assert resolved["feeds.example"] == [["127.0.0.99"]]  # the second answer was never asked for


async def test_the_next_address_is_tried_if_the_first_does_not_answer(
    server: Server, resolved: dict[str, list[list[str]]]
) -> None:
    server.answers["/"] = ok(b"second")
    resolved["feeds.example"] = [["::1", "127.0.0.1"]]
    url, allow = f"http://feeds.example:{server.port}/", _here(server.port, host="feeds.example")
    assert (await get(url, allow=allow, headers={}, max_bytes=100)).body == b"second"


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    assert "doesn't resolve" in await _unreachable(f"https://nowhere.invalid/{SECRET}", Allowed())


def test_names_that_hang_the_resolver_delay_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the event loop of the standard library, whose threads resolve names like ours do."""
    hanging: list[str] = []
    released = threading.Event()

    def hang(host: str, *others: object, **more: object) -> list[object]:
        hanging.append(host)
        released.wait()
        return []

    async def run() -> list[str]:
        urls = [f"https://{number}.example/{SECRET}" for number in range(40)]
        reading = asyncio.gather(*(_unreachable(url, Allowed()) for url in urls))
        await until(lambda: len(hanging) >= 4, within=5)
        try:
            async with asyncio.timeout(5):
                await asyncio.to_thread(str)
                return await reading
        finally:
            released.set()

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(egress, "RESOLVE_SECONDS", 0.2, raising=False)
    assert asyncio.run(run()) == [f"{number}.example doesn't resolve" for number in range(40)]
    assert len(hanging) <= 16  # the others were given up before they began


async def test_international_names_are_sent_in_ascii(server: Server, resolved: dict[str, list[list[str]]]) -> None:
    server.answers["/%C3%BC"] = ok(b"x")
    resolved["xn--mnchen-3ya.example"] = [["127.0.0.1"]]
    url = f"http://MÜNCHEN.example:{server.port}/ü"
    await get(url, allow=_here(server.port, host="xn--mnchen-3ya.example"), headers={}, max_bytes=100)
    assert f"host: xn--mnchen-3ya.example:{server.port}\r\n" in server.requests[0].lower()


async def test_the_ports_of_a_network_are_those_of_web_servers(server: Server) -> None:
    assert await _code(f"http://127.0.0.1:{server.port}/", allowed("127.0.0.0/8")) == "port"
    assert "unreachable" in await _unreachable("http://127.0.0.99:8008/", allowed("127.0.0.0/8"))


async def test_redirects_are_checked_anew(server: Server) -> None:
    async with started() as other:
        server.answers["/loopback"] = redirect(f"http://127.0.0.1:{other.port}/")
        server.answers["/private"] = redirect("https://10.0.0.1/")
        server.answers["/file"] = redirect("file:///etc/passwd")
        server.answers["/wrong"] = redirect("http://[::1")
        base = f"http://127.0.0.1:{server.port}"
        assert await _code(f"{base}/loopback", _here(server.port)) == "port"
        assert await _code(f"{base}/private", _here(server.port)) == "private"
        assert await _code(f"{base}/file", _here(server.port)) == "scheme"
        assert await _code(f"{base}/wrong", _here(server.port)) == "url"
        assert other.requests == []


async def test_credentials_stay_with_their_origin(server: Server) -> None:
    async with started() as other:
        server.answers["/a"] = redirect("/b", 301)
        server.answers["/b"] = redirect(f"http://127.0.0.1:{other.port}/c", 307)
        other.answers["/c"] = redirect(f"http://127.0.0.1:{server.port}/d", 308)
        server.answers["/d"] = ok(b"done")
        secret = {"Authorization": SECRET, "X-Api-Key": SECRET, "Accept": "text/calendar"}
        allow, url = _here(server.port, other.port), f"http://127.0.0.1:{server.port}/a"
        fetched = await get(url, allow=allow, headers=secret, max_bytes=100)
        assert (fetched.body, fetched.url) == (b"done", f"http://127.0.0.1:{server.port}/d")
        assert [request.count(SECRET) for request in server.requests] == [2, 2, 0]
        assert [request.count(SECRET) for request in other.requests] == [0]
        assert "accept: text/calendar" in other.requests[0].lower()


async def test_redirects_end_after_five(server: Server) -> None:
    for number in range(7):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}")
    server.answers["/7"] = ok(b"end")
    base, allow = f"http://127.0.0.1:{server.port}", _here(server.port)
    assert (await get(f"{base}/2", allow=allow, headers={}, max_bytes=100)).body == b"end"
    assert "too often" in await _unreachable(f"{base}/1", allow)


@pytest.mark.parametrize("headers", [(), ("transfer-encoding: chunked",)])
async def test_a_body_is_limited(server: Server, headers: tuple[str, ...]) -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"
    server.answers["/"] = chunked if headers else ok(b"x" * 1001)
    assert "more than 1000 bytes" in await _unreachable(f"http://127.0.0.1:{server.port}/", _here(server.port))


async def test_an_endless_body_ends_at_the_limit(server: Server) -> None:
    async def endless(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server.answers["/"] = endless
    assert "more than" in await _unreachable(f"http://127.0.0.1:{server.port}/", _here(server.port), 1 << 20)


async def test_compressed_bodies_are_unpacked_to_the_limit(server: Server) -> None:
    base, allow = f"http://127.0.0.1:{server.port}", _here(server.port)
    whole = gzip.compress(b"x" * 1000)
    server.answers |= {
        "/whole": ok(whole, "content-encoding: gzip"),
        "/bomb": ok(gzip.compress(b"\0" * (1 << 26)), "content-encoding: gzip"),
        "/cut": ok(whole[:-4], "content-encoding: gzip"),
        "/lie": ok(b"plain", "content-encoding: gzip"),
        "/other": ok(b"plain", "content-encoding: br"),
    }
    assert (await get(f"{base}/whole", allow=allow, headers={}, max_bytes=1000)).body == b"x" * 1000
    tracemalloc.start()
    assert "more than 100000 bytes" in await _unreachable(f"{base}/bomb", allow, 100_000)
    assert tracemalloc.get_traced_memory()[1] < 1 << 23
    tracemalloc.stop()
    assert "broken" in await _unreachable(f"{base}/cut", allow)
    assert "broken" in await _unreachable(f"{base}/lie", allow)
    assert "compression" in await _unreachable(f"{base}/other", allow)


async def test_a_server_that_takes_too_long_is_unreachable(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:  # each byte comes in time, the whole doesn't
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(egress, "TOTAL_SECONDS", 0.5)
    server.answers["/"] = slow
    began = time.monotonic()
    assert "took too long" in await _unreachable(f"http://127.0.0.1:{server.port}/", _here(server.port))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "answer",
    [b"", b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx", b"HTTP/1.1 200 OK\r\nx: " * 9],
)
async def test_what_is_not_http_is_unreachable(server: Server, answer: bytes) -> None:
    server.answers[f"/{SECRET}"] = answer
    assert "is unreachable" in await _unreachable(f"http://127.0.0.1:{server.port}/{SECRET}", _here(server.port))


async def test_a_header_that_can_not_be_sent_is_not_told() -> None:
    headers = {"authorization": f"{SECRET}\r\nx: y"}
    with pytest.raises(Unreachable) as fault:
        await get("http://127.0.0.1:9/", allow=_here(9), headers=headers, max_bytes=10)
    assert SECRET not in str(fault.value)


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    files = certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    trusting = ssl.create_default_context(cafile=str(files.authority))
    monkeypatch.setattr(egress, "_tls", lambda: trusting)
    async with started(context) as server:
        server.answers["/"] = ok(b"secure")
        yield server


async def test_a_certificate_must_be_for_the_name_not_the_address(
    secure: Server, resolved: dict[str, list[list[str]]]
) -> None:
    resolved |= {"localhost": [["127.0.0.1"]], "other.example": [["127.0.0.1"]], "127.0.0.1": [["127.0.0.1"]]}
    allow = Allowed(frozenset((host, secure.port) for host in resolved))
    for host in ("localhost", "127.0.0.1"):
        fetched = await get(f"https://{host}:{secure.port}/", allow=allow, headers={}, max_bytes=100)
        assert fetched.body == b"secure"
    assert "unreachable" in await _unreachable(f"https://other.example:{secure.port}/", allow)


async def test_an_untrusted_certificate_is_unreachable(secure: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert "unreachable" in await _unreachable(f"https://127.0.0.1:{secure.port}/", _here(secure.port))


async def test_a_redirect_never_leaves_tls(secure: Server, server: Server) -> None:
    secure.answers["/down"] = redirect(f"http://127.0.0.1:{server.port}/")
    allow = _here(secure.port, server.port)
    assert await _code(f"https://127.0.0.1:{secure.port}/down", allow) == "downgrade"
    server.answers["/up"] = redirect(f"https://127.0.0.1:{secure.port}/")
    up = await get(f"http://127.0.0.1:{server.port}/up", allow=allow, headers={}, max_bytes=100)
    assert up.body == b"secure"


async def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.answers["/"] = ok(b"direct")
        url = f"http://127.0.0.1:{server.port}/"
        assert (await get(url, allow=_here(server.port), headers={}, max_bytes=100)).body == b"direct"
        assert proxy.requests == []


async def test_the_address_is_in_no_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers[f"/{SECRET}"] = redirect(f"/to/{SECRET}")
    server.answers[f"/to/{SECRET}"] = ok(SECRET.encode())
    url = f"http://127.0.0.1:{server.port}/{SECRET}"
    fetched = await get(url, allow=_here(server.port), headers={"authorization": SECRET}, max_bytes=100)
    assert fetched.body == SECRET.encode()
    assert SECRET not in repr(fetched)
    assert [record for record in caplog.records if f"/{SECRET}" in record.getMessage()] == []


def test_what_operators_allow_is_parsed() -> None:
    found = allowed(" Moodle.local:8081, [::1]:80 ,10.1.0.0/16,fd00::/8,, 10.2.0.1:443")
    assert found.hosts == {("moodle.local", 8081), ("::1", 80), ("10.2.0.1", 443)}
    assert [str(network) for network in found.networks] == ["10.1.0.0/16", "fd00::/8"]
    assert allowed("") == Allowed()


@pytest.mark.parametrize("entry", ["moodle", "10.0.0.1/8", "http://a:80", "a:b", "u@a:80", "a:0", "0x7f:80", "a:80/x"])
def test_an_entry_that_is_neither_host_nor_network_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="neither host:port nor a network"):
        allowed(f"a:80,{entry}")


async def _sent(method: str, url: str, allow: Allowed, *, body: bytes = b"", seconds: float = 8) -> Fetched:
    headers = {"Authorization": SECRET, "Depth": "1"}
    return await request(method, url, allow=allow, headers=headers, body=body, max_bytes=1000, seconds=seconds)


async def _request_code(method: str, url: str, allow: Allowed) -> str:
    with pytest.raises(Refused) as refused:
        await _sent(method, url, allow)
    assert SECRET not in str(refused.value)
    return refused.value.code


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PUT", "DELETE"])
async def test_any_method_is_sent_with_its_body(server: Server, method: str) -> None:
    server.answers["/a"] = ok(b"done", "ETag: x")
    fetched = await _sent(method, f"http://127.0.0.1:{server.port}/a", _here(server.port), body=b"<all/>")
    assert (fetched.status, fetched.body, fetched.headers["etag"]) == (200, b"done", "x")
    sent = server.requests[0].lower()
    assert sent.startswith(f"{method.lower()} /a http/1.1")
    for line in ("depth: 1", f"authorization: {SECRET}", "content-length: 6"):
        assert f"{line}\r\n" in sent


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_another_method_follows_a_redirect_within_its_origin(server: Server, status: int) -> None:
    server.answers["/a"] = redirect("/b", status)
    server.answers["/b"] = ok(b"done")
    fetched = await _sent("PROPFIND", f"http://127.0.0.1:{server.port}/a", _here(server.port), body=b"<all/>")
    assert (fetched.body, fetched.url) == (b"done", f"http://127.0.0.1:{server.port}/b")
    assert [request.split(" ")[0] for request in server.requests] == ["PROPFIND"] * 2
    assert [SECRET in request and "content-length: 6" in request.lower() for request in server.requests] == [True] * 2


async def test_another_method_returns_the_redirects_that_it_does_not_follow(server: Server) -> None:
    async with started() as other:
        server.answers["/elsewhere"] = redirect(f"http://127.0.0.1:{other.port}/", 307)
        server.answers["/see"] = redirect("/b", 303)
        server.answers["/private"] = redirect("https://10.0.0.1/", 308)
        server.answers["/port"] = redirect("http://127.0.0.1:22/", 308)
        base, allow = f"http://127.0.0.1:{server.port}", _here(server.port, other.port)
        for path, status in (("elsewhere", 307), ("see", 303), ("private", 308)):
            assert (await _sent("PUT", f"{base}/{path}", allow, body=b"x")).status == status
        assert await _request_code("PUT", f"{base}/port", allow) == "port"
        assert other.requests == []
        assert len(server.requests) == 4


async def test_a_get_with_credentials_loses_them_elsewhere(server: Server) -> None:
    async with started() as other:
        server.answers["/a"] = redirect(f"http://127.0.0.1:{other.port}/c")
        other.answers["/c"] = ok(b"done")
        fetched = await _sent("GET", f"http://127.0.0.1:{server.port}/a", _here(server.port, other.port))
        assert fetched.body == b"done"
        assert SECRET not in other.requests[0]


@pytest.mark.parametrize("method", ["GET", "PROPFIND"])
async def test_credentials_follow_to_the_encrypted_origin_of_the_same_host(
    secure: Server, server: Server, method: str
) -> None:
    server.answers["/up"] = redirect(f"https://127.0.0.1:{secure.port}/", 301)
    allow = _here(secure.port, server.port)
    assert (await _sent(method, f"http://127.0.0.1:{server.port}/up", allow)).body == b"secure"
    assert SECRET in secure.requests[-1]
    secure.answers["/down"] = redirect(f"http://127.0.0.1:{server.port}/", 308)
    assert await _request_code(method, f"https://127.0.0.1:{secure.port}/down", allow) == "downgrade"


async def test_credentials_are_encrypted_except_to_what_operators_allow(
    server: Server, resolved: dict[str, list[list[str]]]
) -> None:
    server.answers["/"] = ok(b"done")
    resolved |= {"dav.example": [["93.184.216.34"]], "inside.example": [["127.0.0.1"]]}
    assert await _request_code("PROPFIND", "http://dav.example/", Allowed()) == "insecure"
    assert await _request_code("GET", "http://dav.example/", _here(80, host="other.example")) == "insecure"
    assert await _request_code("GET", "http://dav.example/", allowed("10.0.0.0/8")) == "insecure"
    allow = _here(server.port, host="inside.example")
    assert (await _sent("PUT", f"http://inside.example:{server.port}/", allow)).body == b"done"
    # Nothing listens there; that it is tried says that it is allowed.
    with pytest.raises(Unreachable):
        await _sent("PUT", "http://inside.example:8008/", allowed("127.0.0.0/8"))


async def test_a_request_may_take_as_long_as_its_caller_says(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(ok(b"late"))

    monkeypatch.setattr(egress, "TOTAL_SECONDS", 0.1)
    server.answers["/"] = slow
    url, allow = f"http://127.0.0.1:{server.port}/", _here(server.port)
    assert (await _sent("REPORT", url, allow, seconds=30)).body == b"late"
    with pytest.raises(Unreachable, match="took too long"):
        await _sent("REPORT", url, allow, seconds=0.2)


async def test_a_body_beyond_the_limit_is_told_apart(server: Server) -> None:
    server.answers |= {"/": ok(b"x" * 1001), "/zip": ok(gzip.compress(b"x" * 1001), "content-encoding: gzip")}
    for path in ("", "zip"):
        with pytest.raises(TooLarge):
            await _sent("REPORT", f"http://127.0.0.1:{server.port}/{path}", _here(server.port))


async def test_a_message_shows_no_secret() -> None:
    message = egress._Message("PUT", {"authorization": SECRET}, SECRET.encode(), 10, 1)
    assert SECRET not in repr(message)
