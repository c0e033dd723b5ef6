"""Creating objects under ids that clients choose, so that they can refer to them before the answer, and ask again.

A repeated request returns the object that the first one created, as it is now, and publishes no event. What the first
one asked for is kept as a fingerprint: the object itself may have changed. Keys start with the owner, so an id that
another user has is as good as a new one. The id of a deleted object is free again; what it has counted for, such as
points, isn't counted a second time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec

from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Conflict, invalid
from studyteddy.platform.ids import new_id, time_of

MAX_AHEAD = timedelta(hours=24)
"""How far the clock of a client may be ahead of ours."""

T_co = TypeVar("T_co", covariant=True)


class IdTaken(Conflict):
    """You already have another object with this id. Choose a new id."""


class Creation(NamedTuple):
    """The id of a new object, and the hash of the request if the client chose the id."""

    id: UUID
    fingerprint: bytes | None = None


class Store(Protocol[T_co]):
    """The module of a store whose objects can have ids that clients choose."""

    async def get(self, reader: Reader, user_id: UUID, object_id: UUID, /) -> T_co | None: ...
    async def get_created(
        self, reader: Reader, user_id: UUID, object_id: UUID, fingerprint: bytes, /
    ) -> T_co | None: ...


def creation_of(new: Any, *, now: datetime, within: UUID | None = None) -> Creation:
    """Return the creation that a request asks for, `within` another object if it names one in its path.

    Raise 422 unless `new.id` is absent or a UUIDv7 from before tomorrow.
    """
    if new.id is None:
        return Creation(new_id())
    if new.id.version != 7:
        raise invalid("/id", "not_a_uuid7", "Must be a UUIDv7.")
    if time_of(new.id) > now + MAX_AHEAD:
        raise invalid("/id", "in_the_future", "The time in this id is more than 24 hours ahead.")
    return Creation(new.id, _fingerprint(new, within))


async def repeated(tx: Tx, creation: Creation, store: Store[T_co]) -> T_co | None:
    """Return the object that the same request created before; raise 409 `id_taken` if another one has its id."""
    if creation.fingerprint is None:
        return None
    same = await store.get_created(tx, tx.user_id, creation.id, creation.fingerprint)
    if same is None and await store.get(tx, tx.user_id, creation.id) is not None:
        raise IdTaken()
    return same


def _fingerprint(new: Any, within: UUID | None) -> bytes:
    """Hash what a request asks for. Defaults don't count: a later version may have more fields."""
    asked = {
        field.encode_name: value
        for field in msgspec.structs.fields(new)
        if field.name != "id" and (value := getattr(new, field.name)) != _default(field)
    }
    return blake2b(msgspec.json.encode([within, asked], order="deterministic"), digest_size=16).digest()


def _default(field: Any) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
