"""Requests to an address that a student typed: only on the public Internet, bounded, and without leaking the address.

A name is resolved once, every address that it resolves to is checked, and the connection goes to one of those: a name
that resolves differently a moment later (DNS rebinding) changes nothing. Redirects are followed here, so that each of
them is checked in the same way. Addresses are credentials (calendar feeds have secret ones), so errors name the host
only, and the transport is used without the client, which logs the URL of every request.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import zlib
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from urllib.parse import quote, urljoin, urlsplit

import httpx2
import idna

from studyteddy.platform.http import CONNECT_SECONDS, TOTAL_SECONDS, Unreachable

MAX_REDIRECTS = 5
MAX_URL = 4096
RESOLVE_SECONDS = 4.0
"""How long resolving a name may take, with the time that it waits for a thread."""
PORTS = frozenset({80, 443, 8008, 8080, 8443})
"""Where web servers listen. Others, such as those of mail servers and databases, are refused."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER = 303
"""The redirect that asks for another method: with GET."""
_FOR_ANYONE = frozenset({"accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"})
"""The headers that follow a redirect to another origin. All others could be credentials."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A name that ends in a number, which many programs read as an IPv4 address in decimal, octal or hexadecimal form."""
_PATH, _QUERY = "/%:@!$&'()*+,;=~", "/%:@!$&'()*+,;=~?"

_NOT_PUBLIC_IPV4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a public address at which Azure serves the metadata of its machines
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NOT_PUBLIC_IPV6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, among them Teredo, which carries IPv4
        "2001:db8::/32",
        "3fff::/20",
    )
]
_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")

_RESOLVERS = ThreadPoolExecutor(16, "resolve")
"""Names that students typed may hang their resolver, which can't be stopped. So they have threads of their own: those
of the event loop also resolve the names of the database and of mail servers."""

logging.getLogger("httpcore2").setLevel(logging.INFO)  # its debug messages contain the headers of responses

Address = IPv4Address | IPv6Address


class Refused(Exception):
    """The address isn't allowed.

    `code` is `url`, `scheme`, `user_info`, `host`, `port`, `private`, `downgrade`, or `insecure`: credentials would be
    sent without encryption.
    """

    def __init__(self, code: str, host: str = "") -> None:
        super().__init__(f"{host or 'the address'} is refused: {code}")
        self.code = code


class TooLarge(Unreachable):
    """The response has more bytes than the caller takes."""


@dataclass(frozen=True)
class Allowed:
    """What an operator allows although it isn't public: `hosts` with their ports, and networks."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """A response: header names are in lower case, and `url` is the one that was fetched after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True)
class _Message:
    """What is sent, to one target after the other; the header names are in lower case."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    max_bytes: int
    seconds: float

    @property
    def has_credentials(self) -> bool:
        return "authorization" in self.headers


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    """A name in ASCII without a trailing dot, or an IP address without brackets."""
    port: int
    path: str = field(repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        return _authority(self.host, self.port, self.scheme)


def allowed(text: str) -> Allowed:
    """Parse `EGRESS_ALLOW`; raise `ValueError` naming the first entry that is neither `host:port` nor a CIDR."""
    hosts, networks = set[tuple[str, int]](), list[IPv4Network | IPv6Network]()
    for entry in (one.strip() for one in text.split(",") if one.strip()):
        try:
            if "/" in entry:
                networks.append(ip_network(entry))
                continue
            parts = urlsplit(f"//{entry}")
            if not parts.port or parts.netloc != entry or parts.username is not None:
                raise ValueError(entry)
            hosts.add((_host(parts.hostname or ""), parts.port))
        except (ValueError, Refused) as fault:
            raise ValueError(f"{entry!r} is neither host:port nor a network such as 10.1.0.0/16") from fault
    return Allowed(frozenset(hosts), tuple(networks))


async def get(url: str, *, allow: Allowed, headers: Mapping[str, str], max_bytes: int) -> Fetched:
    """Fetch `url` and return the response, whatever its status; raise `Refused` or `Unreachable`.

    Takes at most eight seconds and five redirects. `max_bytes` limits the body, as it is sent and unpacked. Of
    `headers`, only those that can't be credentials follow a redirect to another origin.
    """
    return await request("GET", url, allow=allow, headers=headers, max_bytes=max_bytes, seconds=TOTAL_SECONDS)


async def request(
    method: str,
    url: str,
    *,
    allow: Allowed,
    headers: Mapping[str, str],
    body: bytes = b"",
    max_bytes: int,
    seconds: float = TOTAL_SECONDS,
) -> Fetched:
    """Send a request and return the response, whatever its status; raise `Refused`, `TooLarge` or `Unreachable`.

    Takes at most `seconds` and five redirects. `max_bytes` limits the body of the response, as it is sent and unpacked.
    An `authorization` header is sent without encryption only to what the operator allows, and follows a redirect only
    within the origin, or from http to https of the same host. GET follows every redirect. Other methods are sent again,
    with their body, only as far as credentials go; any other redirect is returned.
    """
    target = _parsed(url, allow)
    message = _Message(method, {name.lower(): value for name, value in headers.items()}, body, max_bytes, seconds)
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_REDIRECTS + 1):
                fetched = await _fetch(target, allow, message)
                location = fetched.headers.get("location", "")
                if fetched.status not in _REDIRECTS or not location:
                    return fetched
                before, target = target, _redirected(target, fetched.url, location, allow)
                is_same = _is_same(before, target)
                if method != "GET" and (fetched.status == _SEE_OTHER or not is_same):
                    return fetched
                if not is_same:
                    message = replace(message, headers=_for_anyone(message.headers))
    except TimeoutError:
        raise Unreachable(f"{target.host} took too long") from None
    raise Unreachable(f"{target.host} redirects too often")


def _is_same(before: _Target, after: _Target) -> bool:
    """Return whether a redirect leads to the same origin, or to the encrypted one of the same host."""
    is_upgraded = before.host == after.host and (before.scheme, after.scheme) == ("http", "https")
    return is_upgraded or before.origin == after.origin


def _for_anyone(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _FOR_ANYONE}


def _parsed(url: str, allow: Allowed) -> _Target:
    if len(url) > MAX_URL:
        raise Refused("url")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise Refused("url") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused("scheme")
    if "@" in parts.netloc:
        raise Refused("user_info")
    host = _host(parts.hostname or "")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in PORTS and (host, port) not in allow.hosts:
        raise Refused("port", host)
    try:
        path = quote(parts.path, safe=_PATH) or "/"
        query = quote(parts.query, safe=_QUERY)
    except UnicodeEncodeError:
        raise Refused("url", host) from None
    return _Target(parts.scheme, host, port, f"{path}?{query}" if query else path)


def _host(text: str) -> str:
    """Return a host in its canonical form: names in ASCII, without a trailing dot; raise `Refused`."""
    if ":" in text:
        try:
            address = IPv6Address(text)
        except ValueError:
            raise Refused("host") from None
        if address.scope_id is not None:
            raise Refused("host")
        return str(address)
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise Refused("host") from None
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise Refused("host")
    if _NUMBER.fullmatch(name):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise Refused("host") from None
    return name


def _redirected(before: _Target, url: str, location: str, allow: Allowed) -> _Target:
    try:
        after = _parsed(urljoin(url, location), allow)
    except ValueError:
        raise Refused("url") from None
    if before.scheme == "https" and after.scheme == "http":
        raise Refused("downgrade", after.host)
    return after


async def _addresses(target: _Target, allow: Allowed) -> list[Address]:
    """Return the first address of each family; raise `Refused` unless all that the host resolves to are allowed."""
    found = [ip_address(text) for text in await _resolve(target.host, target.port)]
    if not found:
        raise Unreachable(f"{target.host} has no address")
    if (target.host, target.port) not in allow.hosts:
        for address in found:
            if not is_public(address) and not any(address in network for network in allow.networks):
                raise Refused("private", target.host)
    return list({address.version: address for address in reversed(found)}.values())[::-1]


async def _resolve(host: str, port: int) -> list[str]:
    resolve = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, resolve)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        raise Unreachable(f"{host} doesn't resolve") from None
    return [str(address[0]) for *_, address in found]


def is_public(address: Address) -> bool:
    """Return whether an address is on the public Internet, also if it carries an IPv4 address (6to4, NAT64)."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_IPV4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if address in _6TO4:
        return is_public(IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
    return address in _PUBLIC_IPV6 and not any(address in network for network in _NOT_PUBLIC_IPV6)


async def _fetch(target: _Target, allow: Allowed, message: _Message) -> Fetched:
    addresses = await _addresses(target, allow)
    if message.has_credentials and target.scheme == "http" and not _is_allowed(target, addresses, allow):
        raise Refused("insecure", target.host)
    for address in addresses[:-1]:
        try:
            return await _fetch_from(address, target, message)
        except _NotConnected:
            continue
    return await _fetch_from(addresses[-1], target, message)


def _is_allowed(target: _Target, addresses: list[Address], allow: Allowed) -> bool:
    """Return whether the operator allows the target, rather than that it is on the public Internet."""
    inside = all(any(address in network for network in allow.networks) for address in addresses)
    return inside or (target.host, target.port) in allow.hosts


class _NotConnected(Unreachable):
    """Nothing was sent: another address can be tried."""


async def _fetch_from(address: Address, target: _Target, message: _Message) -> Fetched:
    timeout = httpx2.Timeout(message.seconds, connect=CONNECT_SECONDS)
    reason: type[Unreachable] = Unreachable
    try:
        request = httpx2.Request(
            message.method,
            f"{target.scheme}://{_authority(str(address), target.port, target.scheme)}{target.path}",
            content=message.body or None,
            headers={**message.headers, "host": target.authority, "accept-encoding": "gzip", "connection": "close"},
            extensions={"timeout": timeout.as_dict(), "sni_hostname": target.host},
        )
        async with httpx2.AsyncHTTPTransport(verify=_tls(), trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            async with aclosing(response):
                body = await _body(response, target.host, message.max_bytes)
        got = {name.lower(): value for name, value in response.headers.items()}
        return Fetched(response.status_code, got, body, f"{target.scheme}://{target.authority}{target.path}")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:  # ValueError: a header that can't be sent
        failure = type(fault).__name__
        if isinstance(fault, httpx2.ConnectError | httpx2.ConnectTimeout):
            reason = _NotConnected
    # Raised here, without the cause: what the library says can contain the URL and the headers.
    raise reason(f"{target.host} is unreachable: {failure}")


@cache
def _tls() -> SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def _authority(host: str, port: int, scheme: str) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port == _DEFAULT_PORTS[scheme] else f"{bracketed}:{port}"


async def _body(response: httpx2.Response, host: str, max_bytes: int) -> bytes:
    """Read the body, unpacked; raise `Unreachable` if it is too large or packed in an unknown way."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise Unreachable(f"{host} used an unknown compression")
    packed = await _raw(response, host, max_bytes)
    if "gzip" not in encoding or not packed:
        return packed
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise Unreachable(f"{host} sent a broken response") from None
    if len(body) > max_bytes:
        raise TooLarge(f"{host} sent more than {max_bytes} bytes")
    if not unpacker.eof:
        raise Unreachable(f"{host} sent a broken response")
    return body


async def _raw(response: httpx2.Response, host: str, max_bytes: int) -> bytes:
    body = bytearray()
    chunks: AsyncIterator[bytes] = response.aiter_raw()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge(f"{host} sent more than {max_bytes} bytes")
    return bytes(body)
