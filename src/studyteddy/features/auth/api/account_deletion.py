"""Account deletion routes."""

from __future__ import annotations

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.passwords import PasswordOnce, WrongPassword
from studyteddy.features.auth.service import account_deletion
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.web.routing import Router

router = Router("/api/users", tag="users", scope="account")


@router.post("/me/delete", secret=True, errors=(WrongPassword,))
async def delete_account(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> User:
    """Schedule the deletion of your account and all its data in seven days."""
    return await account_deletion.request(db, identity, body.password, passwords=passwords)


@router.post("/me/restore")
async def restore_account(tx: Tx) -> User:
    """Cancel the scheduled deletion of your account."""
    return await account_deletion.cancel(tx)
