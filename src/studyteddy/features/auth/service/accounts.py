"""Accounts: registration and lookup."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import EmailTaken, NewAccount, User
from studyteddy.features.auth.schemas.sessions import ClientInfo
from studyteddy.features.auth.service import passwords as passwords_service
from studyteddy.features.auth.service import sessions
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.features.auth.store import accounts as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.errors import NotFound, invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import check_zone
from studyteddy.platform.mail import Mailer
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens

UNDELIVERABLE = "This server can't send mail to this address. Use an address without special letters."


async def register(
    db: Database, new: NewAccount, *, passwords: Passwords, refresh: RefreshTokens, mailer: Mailer, device: ClientInfo
) -> Grant:
    """Register an account and start its first session; raise 409 `email_taken`, 422."""
    if not mailer.accepts(new.email):
        raise invalid("/email", "undeliverable", UNDELIVERABLE)
    check_zone(new.time_zone, "/timeZone")
    passwords_service.check(new.password, "/password", email=new.email)
    async with db.system("sign_in") as tx:
        if await store.find(tx, new.email) is not None:
            raise EmailTaken()  # before it costs a hash
    password_hash = await passwords.hash(new.password, requester=sessions.requester(device, new.email))
    user_id = new_id()
    async with db.transaction(Identity(user_id, user_id)) as tx:
        user = await store.add(
            tx,
            user_id,
            email=new.email.lower(),
            name=new.name,
            password_hash=password_hash,
            time_zone=new.time_zone,
            at=tx.now,
        )
        account = await store.lock_credentials(tx, user_id)
        if user is None or account is None:
            raise EmailTaken()
        grant = await sessions.begin(
            tx, account, device, refresh=refresh, second_factor=sessions.no_second_factor, action="account.made"
        )
        tx.publish(events.UserRegistered(user_id, new.name))
    return grant


async def get(reader: Reader, user_id: UUID) -> User:
    """Return the account; raise 404."""
    return found(await store.get(reader, user_id))


def found(user: User | None) -> User:
    """Return the user; raise 404 if there is none."""
    if user is None:
        raise NotFound("User not found.")
    return user
