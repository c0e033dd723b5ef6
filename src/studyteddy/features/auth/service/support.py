"""What an operator does for people: find an account, shut it, open it, give a role."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import NoSuchUser, NotYourself, SupportedUser
from studyteddy.platform import audit
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity

Role = Literal["student", "operator"]


async def find(db: Database, email: str) -> SupportedUser:
    """The account of an address; raises 404."""
    async with db.system("operate") as tx:
        return _found(await store.find_supported(tx, email))


async def set_disabled(db: Database, operator: Identity, user_id: UUID, *, disabled: bool) -> list[UUID]:
    """Shuts an account and ends its sessions, or opens it again; gives the ended sessions. Raises 404, 409."""
    if user_id == operator.user_id:
        raise NotYourself()
    async with db.system("operate") as tx:
        _found(await store.get_supported(tx, user_id))
        await tx.act_as(user_id)
        _found(await store.disable(tx, user_id, disabled=disabled))
        ended = await store.revoke_others(tx, user_id, but=None) if disabled else []
        await audit.record(tx, "account.shut" if disabled else "account.opened", by=str(operator.user_id))
        return ended


async def set_role(db: Database, email: str, role: Role) -> SupportedUser:
    """Makes somebody an operator, or a student again; it bites with the next request. Raises 404."""
    async with db.system("operate") as tx:
        user = _found(await store.find_supported(tx, email))
        await tx.act_as(user.id)
        await store.set_role(tx, user.id, role)
        await audit.record(tx, "role.changed", role=role)
    return user


def _found(user: SupportedUser | None) -> SupportedUser:
    if user is None:
        raise NoSuchUser()
    return user
