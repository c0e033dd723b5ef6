"""Routes of the calendar accounts that a student connects."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.calendar.schemas.accounts import (
    Access,
    AccountChanges,
    AccountSyncedJustNow,
    Authorization,
    CalDavSignIn,
    CalendarAccount,
    CalendarAccounts,
    CalendarCallbackQuery,
    CalendarChoice,
    ConnectionFailed,
    ConnectionRequest,
    DisconnectQuery,
    NoSuchAccount,
    NoSuchCalendar,
    TooManyAccounts,
)
from studyteddy.features.calendar.schemas.conflicts import CalendarConflict, CantReverse, ConflictQuery, NoSuchConflict
from studyteddy.features.calendar.service import accounts, conflicts, consent
from studyteddy.features.calendar.service.connections import Connections, OAuthProvider
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar", tag="calendar")
connecting = Router("/api/calendar", tag="calendar", scope="account")
"""What decides who can read and write the student's plan: not for API keys of other scopes."""

STATE, STATE_SECONDS = "calendar", 600
"""The cookie that binds a connection to the browser in which it began, and for how long."""


@router.get("/accounts")
async def get_calendar_accounts(
    db: Database, calendar_connections: Connections, identity: Identity
) -> CalendarAccounts:
    """Get the calendar accounts that you have connected, with their calendars and how they were last synchronized."""
    return await accounts.all_of(db.reading(identity), identity.user_id, calendar_connections)


@connecting.post("/caldav/connect", status=201, errors=(ConnectionFailed, TooManyAccounts))
async def connect_caldav(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    calendar_connections: Connections,
    identity: Identity,
    body: CalDavSignIn,
) -> CalendarAccount:
    """Connect an account on a CalDAV server, such as that of Nextcloud, iCloud or Fastmail.

    Its calendars that you may change are read, and take time. If no other account does so, focus sessions are written
    into a calendar of their own there. Connecting the same account again replaces its password.
    """
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    return await accounts.connect_caldav(db, identity, body, calendar_connections)


@connecting.post("/google/connect", secret=True, errors=(Unavailable,))
async def connect_google(
    db: Database,
    calendar_connections: Connections,
    cookies: Cookies,
    identity: Identity,
    request: Request,
    body: ConnectionRequest | None = None,
) -> Authorization:
    """Begin to connect Google Calendar: send the browser to the returned address.

    With `busy`, only when you are busy is read of your calendars, and focus sessions are written into a calendar of
    their own. With `events`, titles are read too.
    """
    return await _begin(db, "google", body.access if body else "busy", calendar_connections, cookies, identity, request)


@connecting.post("/outlook/connect", secret=True, errors=(Unavailable,))
async def connect_outlook(
    db: Database,
    calendar_connections: Connections,
    cookies: Cookies,
    identity: Identity,
    request: Request,
    body: ConnectionRequest | None = None,
) -> Authorization:
    """Begin to connect a calendar of Outlook or Microsoft 365: send the browser to the returned address.

    Microsoft can't be asked for less than `events`.
    """
    return await _begin(db, "outlook", "events", calendar_connections, cookies, identity, request)


async def _begin(
    db: Database,
    provider: OAuthProvider,
    access: Access,
    connections: Connections,
    cookies: Cookies,
    identity: Identity,
    request: Request,
) -> Authorization:
    begun = await consent.begin(db, identity, provider, access, connections)
    state = cookies.set(STATE, begun.state, seconds=STATE_SECONDS, same_site="lax")
    request.answer_headers.append(state)
    return begun.authorization


@router.get("/google/callback", status=303, public=True, secret=True)
async def receive_google_calendar(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    calendar_connections: Connections,
    public_url: str,
    cookies: Cookies,
    request: Request,
    query: CalendarCallbackQuery,
) -> Answer:
    """Receive the browser from Google: connect the account and redirect to the app."""
    await spend(limiter, limits["login_address"], request.client)
    return await _finish(db, "google", calendar_connections, public_url, cookies, request, query)


@router.get("/outlook/callback", status=303, public=True, secret=True)
async def receive_outlook_calendar(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    calendar_connections: Connections,
    public_url: str,
    cookies: Cookies,
    request: Request,
    query: CalendarCallbackQuery,
) -> Answer:
    """Receive the browser from Microsoft: connect the account and redirect to the app."""
    await spend(limiter, limits["login_address"], request.client)
    return await _finish(db, "outlook", calendar_connections, public_url, cookies, request, query)


async def _finish(
    db: Database,
    provider: OAuthProvider,
    connections: Connections,
    public_url: str,
    cookies: Cookies,
    request: Request,
    query: CalendarCallbackQuery,
) -> Answer:
    code = "" if query.error else query.code
    cookie = cookies.read(request, STATE) or ""
    outcome = await consent.finish(db, provider, connections, code=code, state=query.state, cookie=cookie)
    address = f"{public_url}/#/settings?calendar={outcome}"
    expired = cookies.set(STATE, "", seconds=0, same_site="lax")
    return Answer(b"", 303, b"text/plain", ((b"location", address.encode()), (b"cache-control", b"no-store"), expired))


@connecting.patch("/accounts/{account_id}", errors=(NoSuchAccount,))
async def update_calendar_account(tx: Tx, account_id: UUID, body: AccountChanges) -> CalendarAccount:
    """Choose whether focus sessions are written into an account. What was written stays, and isn't read any more."""
    return await accounts.update(tx, account_id, body)


@router.patch("/accounts/{account_id}/calendars/{calendar_id}", errors=(NoSuchAccount, NoSuchCalendar))
async def choose_account_calendar(tx: Tx, account_id: UUID, calendar_id: UUID, body: CalendarChoice) -> CalendarAccount:
    """Choose whether a calendar is read, and its events take time."""
    return await accounts.choose(tx, account_id, calendar_id, body)


@router.post("/accounts/{account_id}/sync", status=202, errors=(NoSuchAccount, AccountSyncedJustNow))
async def sync_calendar_account(
    db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity, account_id: UUID
) -> CalendarAccount:
    """Synchronize an account now, in the background. `calendar_account.updated` tells when that has ended."""
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    async with db.transaction(identity) as tx:
        return tx.reply(await accounts.sync(tx, account_id))


@connecting.delete("/accounts/{account_id}", errors=(NoSuchAccount,))
async def disconnect_calendar_account(tx: Tx, account_id: UUID, query: DisconnectQuery) -> None:
    """Disconnect an account. With `removeEvents`, the focus sessions in it are removed, in the background."""
    await accounts.disconnect(tx, account_id, remove_events=query.remove_events)


@router.get("/conflicts")
async def list_calendar_conflicts(
    db: Database, identity: Identity, cursors: Cursors, query: ConflictQuery
) -> Page[CalendarConflict]:
    """List what happened when a focus session was changed here and in a calendar, the latest first, for 90 days."""
    return await conflicts.page(db.reading(identity), identity.user_id, query, cursors)


@router.post("/conflicts/{conflict_id}/reverse", errors=(NoSuchConflict, CantReverse))
async def reverse_calendar_conflict(tx: Tx, conflict_id: UUID) -> CalendarConflict:
    """Choose the other change of a conflict, here and in the calendar. Once reversed, it stays so."""
    return await conflicts.reverse(tx, conflict_id)
