"""Admin: find, disable and enable accounts, and set roles."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from studyteddy.features.auth.schemas.admin import NoSuchUser, NotYourself, SupportedUser
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import admin as store
from studyteddy.features.auth.store import sessions as sessions_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log


async def is_operator(db: Database, identity: Identity) -> bool:
    """Return whether the account currently has the operator role."""
    user = await accounts_store.get(db.reading(identity), identity.user_id)
    return user is not None and user.role == "operator"


Role = Literal["student", "operator"]


async def find(db: Database, email: str) -> SupportedUser:
    """Return the account with this e-mail address; raise 404."""
    async with db.system("operate") as tx:
        return _found(await store.find(tx, email))


async def set_disabled(db: Database, operator: Identity, user_id: UUID, *, disabled: bool) -> list[UUID]:
    """Disable an account and end its sessions, or enable it; return the ended sessions. Raise 404, 409."""
    if user_id == operator.user_id:
        raise NotYourself()
    async with db.system("operate") as tx:
        await tx.act_as(user_id)
        _found(await store.set_disabled(tx, user_id, disabled=disabled))
        ended = await sessions_store.revoke_others(tx, user_id, exclude=None) if disabled else []
        await audit_log.record(tx, "account.shut" if disabled else "account.opened", by=str(operator.user_id))
        return ended


async def set_role(db: Database, email: str, role: Role) -> SupportedUser:
    """Set the role of an account; it takes effect with the next request. Raise 404."""
    async with db.system("operate") as tx:
        user = _found(await store.find(tx, email))
        await tx.act_as(user.id)
        await store.set_role(tx, user.id, role)
        await audit_log.record(tx, "role.changed", role=role)
    return user


async def user_ids(db: Database, *, after: UUID, limit: int) -> list[UUID]:
    """Return the ids of at most `limit` accounts that follow `after`, in order."""
    async with db.system("operate") as tx:
        return await store.user_ids(tx, after=after, limit=limit)


def _found(user: SupportedUser | None) -> SupportedUser:
    if user is None:
        raise NoSuchUser()
    return user
