"""A bounded queue for costly work that strangers can ask for, shared fairly by address and account.

Nothing in the standard library or among the dependencies shares a queue: `asyncio.Semaphore` and `ThreadPoolExecutor`
are first come, first served, so one client with enough connections keeps everybody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

import msgspec

from studyteddy.platform.errors import TooManyRequests, Unavailable

SIGNED_IN = "session"
RETRY_SECONDS = 2
ROOM = 32
"""How many strangers wait at most, and how many known devices."""
SHARE = 16
"""How many of them may have the same address."""
PATIENCE_SECONDS = 5.0
_LONGEST_ROUND = 1_000

_Turn = asyncio.Future[None]
_Accounts = OrderedDict[str, deque[_Turn]]


class Requester(msgspec.Struct, frozen=True):
    """Who asks for costly work, or guesses a secret."""

    address: str
    """The principal of the client's address: whoever holds one holds all that count as the same."""
    account: str
    """The account it is for: its id or, from a stranger, a digest of the e-mail address."""
    device: str = ""
    """A device that has signed in to this account, `session` for a request that is signed in, empty for a stranger."""
    gone: Callable[[], Awaitable[bool]] | None = None
    """Returns whether the client has closed the connection."""

    @property
    def known(self) -> bool:
        return bool(self.device)

    @property
    def principal(self) -> str:
        """Whose guesses count together: those of all strangers, of each device, of all sessions of the account."""
        return f"{self.account}.{self.device}" if self.device else self.account


class FairQueue:
    """Lets `slots` requesters work at once; the others wait, at most `patience` seconds.

    Known devices and strangers have a room each, and are served alternately. Within a room, addresses take turns: one
    that has had no turn in this round goes before all that had. Within an address, accounts take turns.

    If an address has its share of the room, its account with the most waiting requests gives way to one with fewer; if
    the room is full, the address with the most does. Who gives way gets 429, and so does a newcomer whose address has
    its share; a newcomer among equals gets 503.
    """

    def __init__(self, slots: int, *, room: int = ROOM, share: int = SHARE, patience: float = PATIENCE_SECONDS) -> None:
        self._free = slots
        self._patience = patience
        self._next, self._after = _Room(room, share), _Room(room, share)
        self._rooms = {True: self._next, False: self._after}

    @property
    def waiting(self) -> int:
        """How many requesters wait."""
        return self._next.waiting + self._after.waiting

    async def acquire(self, requester: Requester) -> None:
        """Wait for a slot, to be given back with `release`; raise 429 or 503 with `Retry-After`."""
        if self._free:
            self._free -= 1
            return
        room = self._rooms[requester.known]
        turn = room.enter(requester)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as fault:
            room.leave(requester, turn)
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release()  # its turn came while it was being cancelled
            if isinstance(fault, TimeoutError):
                raise _busy() from None
            raise

    def release(self) -> None:
        """Give the slot to the next requester."""
        turn = self._next.take() or self._after.take()
        self._next, self._after = self._after, self._next
        if turn is None:
            self._free += 1
        else:
            turn.set_result(None)


class _Room:
    """The requesters of one kind that wait, by address and account; the next ones come first."""

    def __init__(self, size: int, share: int) -> None:
        self._size = size
        self._share = share
        self._addresses: OrderedDict[str, _Accounts] = OrderedDict()
        self._served: set[str] = set()
        """The addresses that have had a turn in this round."""
        self.waiting = 0

    def enter(self, requester: Requester) -> _Turn:
        accounts = self._addresses.get(requester.address, OrderedDict())
        waiting = _waiting(accounts)
        if waiting >= self._share:
            most = max(accounts, key=lambda account: len(accounts[account]))
            if len(accounts[most]) <= len(accounts.get(requester.account, ())) + 1:
                raise _too_many()
            self._displace(requester.address, most)
        elif self.waiting >= self._size:
            address = max(self._addresses, key=lambda address: _waiting(self._addresses[address]))
            others = self._addresses[address]
            if _waiting(others) <= waiting + 1:
                raise _busy()
            self._displace(address, max(others, key=lambda account: len(others[account])))
        turn: _Turn = asyncio.get_running_loop().create_future()
        accounts.setdefault(requester.account, deque()).append(turn)
        self._addresses.setdefault(requester.address, accounts)
        self.waiting += 1
        return turn

    def take(self) -> _Turn | None:
        """Return the next turn; its address and account go to the end of the line."""
        while self._addresses:
            address = next((one for one in self._addresses if one not in self._served), None)
            if address is None or len(self._served) > _LONGEST_ROUND:
                self._served.clear()
                address = next(iter(self._addresses))
            self._served.add(address)
            accounts = self._addresses.pop(address)
            account, turns = accounts.popitem(last=False)
            turn = turns.popleft()
            self.waiting -= 1
            if turns:
                accounts[account] = turns
            if accounts:
                self._addresses[address] = accounts
            if not turn.done():
                return turn
        return None

    def leave(self, requester: Requester, turn: _Turn) -> None:
        """Remove a turn; do nothing if it was taken or displaced."""
        accounts = self._addresses.get(requester.address, OrderedDict())
        if turn in accounts.get(requester.account, ()):
            self._remove(requester.address, requester.account, turn)

    def _displace(self, address: str, account: str) -> None:
        """Refuse the newest turn of an account."""
        turn = self._addresses[address][account][-1]
        self._remove(address, account, turn)
        if not turn.done():
            turn.set_exception(_too_many())

    def _remove(self, address: str, account: str, turn: _Turn) -> None:
        accounts = self._addresses[address]
        accounts[account].remove(turn)
        self.waiting -= 1
        if not accounts[account]:
            del accounts[account]
        if not accounts:
            del self._addresses[address]


def _waiting(accounts: _Accounts) -> int:
    return sum(map(len, accounts.values()))


def _too_many() -> TooManyRequests:
    detail = "Too many sign-ins from your network are in progress. Try again in a moment."
    return TooManyRequests(detail, retry_after=RETRY_SECONDS)


def _busy() -> Unavailable:
    return Unavailable("The server is busy. Try again in a moment.", retry_after=RETRY_SECONDS)
