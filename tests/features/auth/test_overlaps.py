"""What a sign-in or a secret rests on is proved again in the transaction that uses it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person
from tests.chaos import overlaps
from tests.chaos.harness import SOAK, soak_row
from tests.chaos.overlaps import NEW_PASSWORD, made_nothing, prepare
from tests.conftest import System
from tests.contracts.conftest import Connection
from tests.peers.google import Setup, google

from studyteddy.features.auth.store import oauth as oauth_store
from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity

TRIALS = 1000 if SOAK else 15


class Gate:
    """Holds the first call of a function after it has returned its result, until the test opens it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self._call: Callable[..., Awaitable[Any]] = getattr(owner, name)
        monkeypatch.setattr(owner, name, self._held)

    async def _held(self, *args: Any, **options: Any) -> Any:
        result = await self._call(*args, **options)
        if not self.reached.is_set():
            self.reached.set()
            await self.opened.wait()
        return result

    async def overlap(self, slow: Awaitable[httpx2.Response], ending: Callable[[], Awaitable[Any]]) -> httpx2.Response:
        """Return the response of `slow`, during which `ending` runs from beginning to end."""
        pending = asyncio.ensure_future(slow)
        await self.reached.wait()
        await ending()
        self.opened.set()
        return await pending


@pytest.fixture(scope="module")
async def setup(system: System) -> AsyncIterator[Setup]:
    async with google(system) as found:
        yield found


@pytest.fixture
async def database(system: System) -> AsyncIterator[Connection]:
    connection = await system.admin()
    yield connection
    await connection.close()


@pytest.mark.parametrize("ending", [ending for ending in overlaps.ENDINGS if ending != "unlink"])
async def test_a_password_that_was_verified_before_a_change_starts_no_session(
    system: System,
    setup: Setup,
    guest: httpx2.AsyncClient,
    database: Connection,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    """Unlinking a Google account doesn't concern the password."""
    trial = await prepare(setup, database, guest, ending)
    gate = Gate(monkeypatch, system.running.passwords, "verify")
    answer = await gate.overlap(overlaps.log_in(trial), lambda: overlaps.ENDINGS[ending](trial))
    assert answer.status_code == 401
    assert await overlaps.left_alive(trial, answer, "login", ending) == ""
    await trial.owner.http.aclose()


@pytest.mark.parametrize(
    ("ending", "status"),
    [("disable", 401), ("delete", 401), ("unlink", 401), ("two-factor on", 303), ("change", 303), ("reset", 401)],
)
async def test_an_account_that_was_found_before_a_change_is_proved_again(
    setup: Setup,
    guest: httpx2.AsyncClient,
    database: Connection,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    status: int,
) -> None:
    """A new password doesn't concern the Google account, and a second factor is asked for next."""
    trial = await prepare(setup, database, guest, ending, beginning="oauth")
    gate = Gate(monkeypatch, oauth_store, "find_account")
    answer = await gate.overlap(overlaps.sign_in_with_google(trial), lambda: overlaps.ENDINGS[ending](trial))
    assert answer.status_code == status
    assert await overlaps.left_alive(trial, answer, "oauth", ending) == ""
    await trial.owner.http.aclose()


@pytest.mark.parametrize("ending", ["change", "reset", "disable", "delete", "two-factor on"])
async def test_a_password_that_was_verified_before_a_change_links_nothing(
    setup: Setup, guest: httpx2.AsyncClient, database: Connection, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    trial = await prepare(setup, database, guest, ending)
    pending = await setup.sign_in(trial.owner.email.partition("@")[0])
    gate = Gate(monkeypatch, setup.running.passwords, "verify")
    answer = await gate.overlap(setup.finish(pending, password=PASSWORD), lambda: overlaps.ENDINGS[ending](trial))
    assert answer.status_code == 401
    assert await overlaps.left_alive(trial, answer, "login", ending) == ""
    assert "identity.linked" not in await trial.actions()
    await trial.owner.http.aclose()


async def test_an_identity_that_is_unlinked_while_its_code_is_awaited_starts_no_session(
    setup: Setup, guest: httpx2.AsyncClient, database: Connection
) -> None:
    trial = await prepare(setup, database, guest, "two-factor on", beginning="oauth")
    await overlaps.turn_on_second_factor(trial)
    pending = await overlaps.sign_in_with_google(trial)
    await overlaps.unlink(trial)
    answer = await setup.finish(pending, code=pyotp.TOTP(trial.secret).at(time.time() + 30))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in_there")
    await trial.owner.http.aclose()


@pytest.mark.parametrize("ending", ["change", "reset", "disable", "delete", "unlink"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}),
        ("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": "yet another battery"}),
        ("/api/auth/second-factor", {"password": PASSWORD}),
        ("/api/users/me/delete", {"password": PASSWORD}),
        ("/api/auth/verify-email/resend", None),
        ("/api/users/export", None),
    ],
)
async def test_a_session_that_ends_while_a_request_runs_changes_nothing_of_the_account(
    system: System,
    setup: Setup,
    guest: httpx2.AsyncClient,
    database: Connection,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    path: str,
    body: Any,
) -> None:
    """The request is of another device, which the ending signs out."""
    trial = await prepare(setup, database, guest, ending)
    bearer = {"authorization": f"Bearer {trial.other['accessToken']}"}
    gate = Gate(monkeypatch, system.running.authorizer, "admit")
    request = guest.post(path, json=body, headers=bearer)
    answer = await gate.overlap(request, lambda: overlaps.ENDINGS[ending](trial))
    assert answer.status_code in (401, 403), answer.text
    assert await overlaps.left_alive(trial, answer, "api key", ending) == ""
    await trial.owner.http.aclose()


async def test_only_one_of_two_changes_from_the_same_password_succeeds(alice: Person) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    other = {"currentPassword": PASSWORD, "newPassword": "yet another battery"}
    answers = await asyncio.gather(*(alice.post("/api/auth/change-password", one) for one in (body, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 403]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/auth/second-factor", {"password": PASSWORD}), ("/api/users/me/delete", {"password": PASSWORD})],
)
async def test_a_password_that_changes_while_it_is_verified_confirms_nothing(
    system: System, alice: Person, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, str]
) -> None:
    async def change() -> None:
        made_nothing(
            await alice.post("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD})
        )

    gate = Gate(monkeypatch, system.running.passwords, "verify")
    answer = await gate.overlap(alice.post(path, body), change)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")


@pytest.mark.parametrize("path", ["logout", "logout-all", "second-factor", "change-password", "api-keys"])
async def test_a_locked_account_is_unavailable_and_no_error(system: System, alice: Person, path: str) -> None:
    body = {
        "name": "x",
        "scopes": ["read"],
        "password": PASSWORD,
        "currentPassword": PASSWORD,
        "newPassword": NEW_PASSWORD,
    }
    fields = {"api-keys": ("name", "scopes"), "second-factor": ("password",)}.get(
        path, ("currentPassword", "newPassword")
    )
    given = None if path.startswith("logout") else {name: body[name] for name in fields}
    database = await system.admin()
    async with database.transaction():
        await database.execute("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", alice.user["id"])
        answer = await alice.post(f"/api/auth/{path}", given)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    await database.close()


async def test_verifying_an_address_waits_for_the_account_before_the_token(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    """As every change of credentials does: in the other order, the two would wait for each other."""
    await system.work()
    token = system.mails(alice.email)[-1].text.partition("token=")[2].split()[0]
    database = await system.admin()
    async with database.transaction():
        await database.execute("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", alice.user["id"])
        verifying = asyncio.ensure_future(guest.post("/api/auth/verify-email", json={"token": token}))
        await asyncio.sleep(0.2)
        await database.execute("DELETE FROM mail_tokens WHERE user_id = $1", alice.user["id"])
    assert (await verifying).status_code == 422
    await database.close()


async def test_the_limit_of_api_keys_holds_in_a_race(alice: Person) -> None:
    new = {"name": "Script", "scopes": ["read"]}
    statuses: list[int] = []
    while 409 not in statuses:  # a slow machine may refuse some with 503
        answers = await asyncio.gather(*(alice.post("/api/auth/api-keys", new) for _ in range(20)))
        statuses += [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409, 503}
    assert statuses.count(201) == 50


async def test_a_session_cannot_be_revoked_while_it_changes_the_account(system: System, alice: Person) -> None:
    """Neither can the account be locked: whatever ends sessions waits, and then ends what the request has created."""
    session_id = system.running.access_tokens.verify(alice.access_token).session_id
    identity = Identity(UUID(alice.user["id"]), session_id, controls_account=True)
    database = await system.admin()
    await database.execute("SET lock_timeout = '100ms'")
    for sql in ("UPDATE users SET role = role WHERE id = $1", "UPDATE sessions SET revoked_at = now() WHERE id = $1"):
        one = session_id if "sessions" in sql else identity.user_id
        async with system.running.db.transaction(identity):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await database.execute(sql, one)
        assert await database.execute(sql, one) == "UPDATE 1"
    with pytest.raises(SignInNeeded):
        async with system.running.db.transaction(identity):
            pass
    await database.close()


@pytest.mark.slow
@pytest.mark.parametrize("ending", overlaps.ENDINGS)
@pytest.mark.parametrize("beginning", overlaps.BEGINNINGS)
async def test_nothing_outlives_what_ends_it(setup: Setup, beginning: str, ending: str) -> None:
    faults = await overlaps.run(setup, beginning, ending, TRIALS)
    soak_row(f"{beginning} overlapping with {ending}", trials=TRIALS, failures=len(faults), figure="0 left alive")
    assert faults == []
