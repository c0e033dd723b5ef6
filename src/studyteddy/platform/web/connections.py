"""The open connections of one server: how many there may be, in all and from one address, and which are overdue."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

import msgspec

from studyteddy.platform.settings import Settings
from studyteddy.platform.telemetry import CONNECTIONS, CONNECTIONS_REFUSED
from studyteddy.platform.web.addresses import address_principal

_OTHER_FILES = 100
"""File descriptors kept for what isn't a connection of a client or of the database: logs, Redis, mail, files."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long a connection may take, in seconds."""

    header: float = 10.0
    """For the headers of a request to arrive; for those of the first one, from the start of the connection."""
    discard: float = 5.0
    """For the rest of a body that was answered before it had arrived."""
    send: float = 120.0
    """Without progress, while the client doesn't read its answer. Long, since a slow client shows progress only when
    half of its receive buffer is free again; `MAX_UNSENT` limits what it holds meanwhile."""
    close: float = 3.0
    """To send what is left when the connection is closing; then it is aborted."""
    sweep: float = 1.0
    """Between two looks at all connections. One timer for all: one for each would cost every request."""


MAX_UNSENT = 32 * 1024 * 1024
"""Bytes of answers that the clients of one address may leave unread; then those that hold the most are disconnected."""


class Watched(Protocol):
    """A connection that ends itself if it is overdue."""

    @property
    def unsent(self) -> int:
        """Bytes that the client hasn't taken yet."""

    def abort(self) -> None:
        """End the connection at once."""

    def check(self, now: float) -> None:
        """End or abort the connection if it is overdue; `now` is the loop's time."""


class Connections:
    """The connections of one server. Trusted proxies aren't limited by address: their clients share one."""

    def __init__(
        self,
        *,
        total: int,
        per_address: int,
        trusted: Sequence[IPv4Network | IPv6Network] = (),
        timeouts: Timeouts | None = None,
    ) -> None:
        self.timeouts = timeouts or Timeouts()
        self._total = total
        self._per_address = per_address
        self._trusted = trusted
        self._open: dict[Watched, str] = {}
        self._by_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def admit(self, connection: Watched, address: str) -> bool:
        """Count a new connection; return False if there are too many."""
        principal = address_principal(address)
        if reason := self._reason(address, principal):
            CONNECTIONS_REFUSED.labels(reason).inc()
            return False
        self._add(connection, principal)
        return True

    def replace(self, old: Watched, new: Watched) -> None:
        """Count `new` in place of `old`: the connection continues with another protocol."""
        self._open[new] = self._open.pop(old)

    def release(self, connection: Watched) -> None:
        """Stop counting a connection; do nothing if it isn't counted."""
        principal = self._open.pop(connection, None)
        if principal is None:
            return
        CONNECTIONS.dec()
        self._by_address[principal] -= 1
        if self._by_address[principal] <= 0:
            del self._by_address[principal]

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def _reason(self, address: str, principal: str) -> str:
        """Return which limit is reached, or an empty string."""
        if len(self._open) >= self._total:
            return "total"
        if self._by_address[principal] >= self._per_address and not self._is_trusted(address):
            return "address"
        return ""

    def _is_trusted(self, address: str) -> bool:
        """Return whether this is a trusted proxy. A proxy on a Unix socket has no address."""
        try:
            found = ip_address(address)
        except ValueError:
            return not address
        return any(found in network for network in self._trusted)

    def _add(self, connection: Watched, principal: str) -> None:
        CONNECTIONS.inc()
        self._open[connection] = principal
        self._by_address[principal] += 1
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.timeouts.sweep, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        unsent: dict[str, list[tuple[int, int, Watched]]] = {}
        for number, (connection, principal) in enumerate(list(self._open.items())):
            connection.check(now)
            if size := connection.unsent:
                unsent.setdefault(principal, []).append((size, number, connection))
        for principal, held in unsent.items():
            self._shed(held, 0 if self._is_trusted(principal) else sum(size for size, _, _ in held))
        self._timer = loop.call_later(self.timeouts.sweep, self._sweep, loop) if self._open else None

    def _shed(self, held: list[tuple[int, int, Watched]], total: int) -> None:
        """Disconnect the clients of an address that read least, until the rest is within its limit."""
        for size, _, connection in sorted(held, reverse=True):
            if total <= MAX_UNSENT:
                return
            CONNECTIONS_REFUSED.labels("unread").inc()
            connection.abort()
            total -= size


def from_settings(settings: Settings) -> Connections:
    """Return the limits of a server with these settings, within the file descriptors of this process."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    total = max(descriptors - settings.database_pool - _OTHER_FILES, 16)
    networks = [ip_network(one.strip()) for one in settings.trusted_proxies.split(",") if one.strip()]
    # Half of them at most, so that one address never takes all.
    return Connections(total=total, per_address=min(settings.connections_per_address, total // 2), trusted=networks)


def raise_descriptor_limit() -> None:
    """Raise the soft limit of file descriptors, which is often 1,024, to the hard one, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
