"""Overlaps of what begins a session or creates a secret with what should end it.

Each trial runs one of `BEGINNINGS` and one of `ENDINGS` on a new account at the same time, with a random lead, and then
looks at what still works. Right is that a beginning either came first, so that the ending ended it, or that it is
refused.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2
import pyotp
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System
from tests.peers.google import Setup

from studyteddy.features.auth.service import account_deletion, admin
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id

NEW_PASSWORD = "a different horse battery"
_LINK = """
INSERT INTO identities (user_id, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, now())"""
LEAD = 0.02
"""The longest lead of either side, in seconds: about as long as the slower of them takes."""


@dataclass
class Trial:
    """One account, signed in on two devices; `owner` is the one that changes the account."""

    system: System
    database: asyncpg.Connection[asyncpg.Record]
    owner: Person
    other: dict[str, Any]
    """The session of the other device, as its sign-in returned it."""
    guest: httpx2.AsyncClient
    google: Setup
    secret: str = ""
    """What the ending needs: the token of a reset mail, or the secret of a second factor."""
    callback: tuple[str, str] = ("", "")
    """Where Google sends the browser, and the state cookie."""

    async def living(self) -> list[str]:
        """Return the sessions that aren't revoked, except the owner's, which is the first one."""
        rows = await self.database.fetch(
            "SELECT id::text, revoked_at FROM sessions WHERE user_id = $1 ORDER BY created_at", self.owner.user["id"]
        )
        return [row["id"] for row in rows[1:] if row["revoked_at"] is None]

    async def actions(self) -> list[str]:
        """Return the actions of the audit log, in order."""
        rows = await self.database.fetch(
            "SELECT action FROM audit_log WHERE user_id = $1 ORDER BY seq", self.owner.user["id"]
        )
        return [row["action"] for row in rows]


async def log_in(trial: Trial) -> httpx2.Response:
    return await trial.guest.post("/api/auth/login", json={"email": trial.owner.email, "password": PASSWORD})


async def refresh(trial: Trial) -> httpx2.Response:
    return await trial.guest.post("/api/auth/refresh", json={"refreshToken": trial.other["refreshToken"]})


async def create_api_key(trial: Trial) -> httpx2.Response:
    bearer = {"authorization": f"Bearer {trial.other['accessToken']}"}
    new = {"name": "Script", "scopes": ["read"]}
    return await trial.guest.post("/api/auth/api-keys", json=new, headers=bearer)


async def sign_in_with_google(trial: Trial) -> httpx2.Response:
    path, cookie = trial.callback
    async with trial.google.browser() as browser:
        return await browser.get(path, headers={"cookie": cookie})


async def change(trial: Trial) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    made_nothing(await trial.owner.post("/api/auth/change-password", body))


async def reset(trial: Trial) -> None:
    body = {"token": trial.secret, "newPassword": NEW_PASSWORD}
    made_nothing(await trial.guest.post("/api/auth/reset-password", json=body))


async def disable(trial: Trial) -> None:
    """Disable the account as an operator would."""
    user_id = Identity(trial.owner.user["id"], new_id()).user_id
    await admin.set_disabled(trial.system.running.db, Identity(new_id(), new_id()), user_id, disabled=True)


async def delete(trial: Trial) -> None:
    """End the grace period of the account's deletion, and run the job that shuts it."""
    await trial.database.execute(
        "UPDATE users SET deletion_at = now() - interval '1 minute' WHERE id = $1", trial.owner.user["id"]
    )
    await account_deletion.erase_due(trial.system.running.db, trial.system.running.storage)


async def turn_on_second_factor(trial: Trial) -> None:
    code = pyotp.TOTP(trial.secret).now()
    made(await trial.owner.post("/api/auth/second-factor/confirm", {"code": code}), 200)


async def unlink(trial: Trial) -> None:
    (identity,) = (await trial.owner.get("/api/auth/identities")).json()["items"]
    answer = await trial.owner.delete(f"/api/auth/identities/{identity['id']}")
    assert answer.status_code == 204, answer.text


BEGINNINGS: dict[str, Callable[[Trial], Awaitable[httpx2.Response]]] = {
    "login": log_in,
    "refresh": refresh,
    "oauth": sign_in_with_google,
    "api key": create_api_key,
}
ENDINGS: dict[str, Callable[[Trial], Awaitable[None]]] = {
    "change": change,
    "reset": reset,
    "disable": disable,
    "delete": delete,
    "two-factor on": turn_on_second_factor,
    "unlink": unlink,
}
CREDENTIAL_STAYS = {("login", "unlink"): "identity.unlinked", ("oauth", "change"): "password.changed"}
"""Pairs whose ending doesn't take the credential of the beginning, and the ending's action in the audit log.

A session that began before it is ended like all others; one that begins after it is right. The log has their order,
because both write it under the account's lock.
"""


async def run(google: Setup, beginning: str, ending: str, trials: int) -> list[str]:
    """Run the trials of one pair; return a sentence for each that left something alive."""
    database = await google.system.admin()
    faults = []
    async with httpx2.AsyncClient(base_url=google.system.url, trust_env=False, timeout=20) as guest:
        for number in range(trials):
            trial = await prepare(google, database, guest, ending, beginning=beginning)
            lead = random.Random(f"{beginning} {ending} {number}").uniform(-LEAD, LEAD)
            answer, _ = await asyncio.gather(
                _after(max(-lead, 0), BEGINNINGS[beginning](trial)), _after(max(lead, 0), ENDINGS[ending](trial))
            )
            if fault := await left_alive(trial, answer, beginning, ending):
                faults.append(f"{beginning} × {ending}, trial {number}, lead {lead:+.4f} s: {fault}")
            await trial.owner.http.aclose()
            await google.system.work()  # so that thousands of mails don't wait for the first trial that needs one
    await database.close()
    return faults


async def prepare(
    google: Setup,
    database: asyncpg.Connection[asyncpg.Record],
    guest: httpx2.AsyncClient,
    ending: str,
    *,
    beginning: str = "",
) -> Trial:
    """Return a new account that is ready for the beginning and the ending."""
    owner = await join(google.system.url, "Overlap")
    await database.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", owner.user["id"])
    other = made(await guest.post("/api/auth/login", json={"email": owner.email, "password": PASSWORD}), 200)
    trial = Trial(google.system, database, owner, other, guest, google)
    name = owner.email.partition("@")[0]
    if beginning == "oauth" or ending == "unlink":
        await database.execute(_LINK, owner.user["id"], google.peer.issuer, name, owner.email)
    if beginning == "oauth":
        async with google.browser() as browser:
            trial.callback = await google.consent(browser, name)
    if ending == "reset":
        trial.secret = await reset_token(trial)
    if ending == "two-factor on":
        trial.secret = made(await owner.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    return trial


async def left_alive(trial: Trial, answer: httpx2.Response, beginning: str, ending: str) -> str:
    """Return what the ending left alive, or an empty string."""
    if ending == "two-factor on":
        actions = await trial.actions()
        after = actions[actions.index("second_factor.on") :]
        return "a sign-in without a code" if beginning in ("login", "oauth") and "signed_in" in after else ""
    if ended := CREDENTIAL_STAYS.get((beginning, ending)):
        actions = await trial.actions()
        if "signed_in" in actions[actions.index(ended) :]:
            return ""
    if living := await trial.living():
        return f"{len(living)} sessions"
    if answer.status_code == 201:
        key = {"authorization": f"Bearer {answer.json()['key']}"}
        if (await trial.guest.get("/api/tasks", headers=key)).status_code == 200:
            return "an API key"
    return ""


async def reset_token(trial: Trial) -> str:
    """Return the token of a reset mail."""
    await trial.guest.post("/api/auth/forgot-password", json={"email": trial.owner.email})
    await trial.system.work()
    words = [word for mail in trial.system.mails(trial.owner.email) for word in mail.text.split()]
    (link,) = [word for word in words if "#/reset-password?token=" in word]
    return link.partition("token=")[2]


def made_nothing(answer: httpx2.Response) -> None:
    assert answer.status_code in (200, 204), answer.text


async def _after(seconds: float, call: Awaitable[Any]) -> Any:
    await asyncio.sleep(seconds)
    return await call
