"""HTTP of auth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from uuid import UUID

from studyteddy.features.auth.providers.openid import OpenIdConnect
from studyteddy.features.auth.schemas import (
    AddressOnly,
    ApiKeyList,
    AuditPage,
    AuditQuery,
    AvatarQuery,
    BadCode,
    BadCredentials,
    BadMailToken,
    CallbackQuery,
    CodeOnly,
    CommonPassword,
    CreatedApiKey,
    Credentials,
    Delivery,
    DeviceList,
    EmailTaken,
    Export,
    ExportList,
    FactorState,
    ForeignOrigin,
    From,
    MailToken,
    NewAccount,
    NewApiKey,
    NewFactor,
    NoAvatar,
    NoFactorBegun,
    NoSuchUser,
    NotReady,
    NotSignedInThere,
    NotYourself,
    PasswordChange,
    PasswordOnce,
    PasswordReset,
    Preferences,
    ProfileChanges,
    RecoveryCodes,
    RefreshRequest,
    SecondFactorRequired,
    SessionEnded,
    SignedIn,
    SupportedUser,
    TooManyKeys,
    User,
    UserQuery,
    WrongPassword,
)
from studyteddy.features.auth.service import (
    accounts,
    addresses,
    keys,
    leaving,
    portrait,
    record,
    second_factor,
    sessions,
    vouching,
)
from studyteddy.features.auth.service import passwords as password_actions
from studyteddy.features.auth.service import support as support_actions
from studyteddy.platform.db import Database
from studyteddy.platform.errors import TooManyRequests, Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.images import MOST_BYTES, NotAPicture, TooManyPixels
from studyteddy.platform.lane import Lane
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.pages import Cursors
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.sealing import Sealer
from studyteddy.platform.security import ACCESS_SECONDS, AccessTokens, Passwords, RefreshTokens
from studyteddy.platform.storage import Storage
from studyteddy.platform.web import Answer, Request, Router

router = Router("/api/auth", tag="auth", scope="account")
users = Router("/api/users", tag="users", scope="account")
support = Router("/api/operator", tag="operator", scope="operate")
_COOKIE = "__Host-refresh"
_STATE = "__Host-state"
_WEEK = 7 * 24 * 3600


@router.post("/register", status=201, public=True, secret=True, errors=(EmailTaken, CommonPassword))
async def register(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: NewAccount,
) -> SignedIn:  # fmt: skip
    """Make an account and sign in to it."""
    await _spend(limiter, limits["register"], request.client)
    grant = await accounts.register(db, body, passwords=passwords, refresh=refresh_tokens, device=_device(request))
    return _signed_in(grant, access_tokens, body.delivery, request)


@router.post("/login", public=True, secret=True, errors=(BadCredentials, SecondFactorRequired, BadCode))
async def login(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    sealer: Sealer, limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: Credentials,
) -> SignedIn:  # fmt: skip
    """Sign in with e-mail and password."""
    await _spend(limiter, limits["login_address"], request.client)
    await _spend(limiter, limits["login_account"], _digest(body.email))
    grant = await sessions.log_in(
        db, body, passwords=passwords, refresh=refresh_tokens, device=_device(request),
        second_factor=partial(second_factor.check, sealer=sealer),
    )  # fmt: skip
    return _signed_in(grant, access_tokens, body.delivery, request)


@router.post("/refresh", public=True, secret=True, errors=(SessionEnded, ForeignOrigin))
async def refresh(
    db: Database, access_tokens: AccessTokens, refresh_tokens: RefreshTokens, revocations: Revocations,
    request: Request, body: RefreshRequest | None = None,
) -> SignedIn:  # fmt: skip
    """Exchange a refresh token for a new access token and the next refresh token."""
    given = body.refresh_token if body else None
    if given is None:
        _same_origin(request)
    token = given or request.cookie(_COOKIE)
    grant = await sessions.go_on(db, token, refresh=refresh_tokens, revocations=revocations)
    return _signed_in(grant, access_tokens, "body" if given else "cookie", request)


@router.post("/logout", secret=True)
async def logout(db: Database, identity: Identity, revocations: Revocations, request: Request) -> None:
    """End this session."""
    async with db.transaction(identity) as tx:
        await sessions.log_out(tx, identity.session_id)
    revocations.add(identity.session_id)
    request.answer_headers.append(
        (b"set-cookie", f"{_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict".encode())
    )


@router.post("/logout-all", secret=True)
async def logout_all(db: Database, identity: Identity, revocations: Revocations) -> None:
    """End every session of this account, on every device."""
    async with db.transaction(identity) as tx:
        ended = await sessions.log_out_everywhere(tx)
    for session_id in ended:
        revocations.add(session_id)


@router.get("/me", scope="read")
async def get_me(db: Database, identity: Identity) -> User:
    """The signed-in account."""
    return await accounts.me(db.reading(identity), identity.user_id)


@router.post("/change-password", secret=True, errors=(WrongPassword, CommonPassword))
async def change_password(
    db: Database, identity: Identity, passwords: Passwords, revocations: Revocations, body: PasswordChange
) -> None:
    """Set a new password; every other device is signed out."""
    for session_id in await password_actions.change(db, identity, body, passwords=passwords):
        revocations.add(session_id)


@router.post("/verify-email", public=True, secret=True, errors=(BadMailToken,))
async def verify_email(db: Database, body: MailToken) -> User:
    """Prove an e-mail address with the token that was mailed to it."""
    return await addresses.verify(db, body.token)


@router.post("/verify-email/resend", status=202)
async def resend_verification(db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> None:
    """Have the verification mail sent once more."""
    async with db.transaction(identity) as tx:
        await _spend(limiter, limits["reset"], identity.user_id.hex)
        await addresses.ask_verification(tx)
        tx.reply(None)


@router.post("/forgot-password", status=202, public=True, secret=True)
async def forgot_password(db: Database, limiter: Limiter, limits: Mapping[str, Limit], body: AddressOnly) -> None:
    """Have a link mailed that sets a new password; the same answer whether the address is known or not."""
    await _spend(limiter, limits["reset"], _digest(body.email))
    await addresses.ask_reset(db, body.email)


@router.post("/reset-password", public=True, secret=True, errors=(BadMailToken, CommonPassword))
async def reset_password(db: Database, passwords: Passwords, revocations: Revocations, body: PasswordReset) -> None:
    """Set a new password with the token that was mailed; every session ends."""
    for session_id in await addresses.reset(db, body, passwords=passwords):
        revocations.add(session_id)


@router.get("/google", status=303, public=True, secret=True, errors=(Unavailable,))
async def begin_google(db: Database, google: OpenIdConnect | None, request: Request) -> Answer:
    """Go to Google to sign in; the browser is sent there."""
    departure = await vouching.begin(db, google)
    cookie = f"{_STATE}={departure.state}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"
    return _redirect(departure.address, (b"set-cookie", cookie.encode()))


@router.get("/google/callback", status=303, public=True, secret=True, errors=(NotSignedInThere, Unavailable))
async def finish_google(
    db: Database, google: OpenIdConnect | None, refresh_tokens: RefreshTokens, public_url: str,
    request: Request, query: CallbackQuery,
) -> Answer:  # fmt: skip
    """Come back from Google; the browser gets its session as a cookie and goes on to the app."""
    if query.error or not query.code:
        raise NotSignedInThere()
    grant = await vouching.finish(
        db, google, code=query.code, state=query.state, cookie=request.cookie(_STATE) or "",
        refresh=refresh_tokens, device=_device(request),
    )  # fmt: skip
    forget = f"{_STATE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
    return _redirect(
        f"{public_url}/", (b"set-cookie", forget.encode()), (b"set-cookie", _refresh_cookie(grant.refresh_token))
    )


@router.get("/second-factor")
async def get_second_factor(db: Database, identity: Identity) -> FactorState:
    """Whether signing in asks for a second factor."""
    return await second_factor.state(db.reading(identity), identity)


@router.post("/second-factor", secret=True, errors=(WrongPassword,))
async def begin_second_factor(
    db: Database, passwords: Passwords, sealer: Sealer, identity: Identity, body: PasswordOnce
) -> NewFactor:
    """Begin a second factor: a secret for an authenticator app, which counts once it is confirmed."""
    return await second_factor.begin(db, identity, body.password, passwords=passwords, sealer=sealer)


@router.post("/second-factor/confirm", secret=True, errors=(BadCode, NoFactorBegun))
async def confirm_second_factor(db: Database, sealer: Sealer, identity: Identity, body: CodeOnly) -> RecoveryCodes:
    """Switch the second factor on with its first code; the recovery codes are shown this once."""
    async with db.transaction(identity) as tx:
        return await second_factor.confirm(tx, body.code, sealer=sealer)


@router.post("/second-factor/end", secret=True, errors=(WrongPassword,))
async def end_second_factor(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> None:
    """Switch the second factor off."""
    await second_factor.end(db, identity, body.password, passwords=passwords)


@router.get("/sessions")
async def list_sessions(db: Database, identity: Identity) -> DeviceList:
    """Every device that is signed in."""
    return await sessions.devices(db.reading(identity), identity)


@router.delete("/sessions/{session_id}")
async def end_session(db: Database, identity: Identity, revocations: Revocations, session_id: UUID) -> None:
    """Sign one device out."""
    async with db.transaction(identity) as tx:
        await sessions.end(tx, session_id)
    revocations.add(session_id)


@router.get("/api-keys")
async def list_api_keys(db: Database, identity: Identity) -> ApiKeyList:
    """The keys of your own programs."""
    return await keys.page(db.reading(identity), identity.user_id)


@router.post("/api-keys", status=201, secret=True, errors=(TooManyKeys,))
async def create_api_key(db: Database, identity: Identity, body: NewApiKey) -> CreatedApiKey:
    """Make a key for a program of yours; it is shown this once."""
    async with db.transaction(identity) as tx:
        return await keys.create(tx, body)


@router.delete("/api-keys/{key_id}")
async def revoke_api_key(db: Database, identity: Identity, key_id: UUID) -> None:
    """Revoke a key; it ends at once."""
    async with db.transaction(identity) as tx:
        await keys.revoke(tx, key_id)


@users.get("/me", scope="read")
async def get_profile(db: Database, identity: Identity) -> User:
    """Your account."""
    return await accounts.me(db.reading(identity), identity.user_id)


@users.patch("/me")
async def update_profile(db: Database, identity: Identity, body: ProfileChanges, if_match: str | None) -> User:
    """Change your name, zone, day start, locale or week start."""
    async with db.transaction(identity) as tx:
        return await accounts.update(tx, body, if_match=if_match)


@users.put("/me/avatar", largest=MOST_BYTES, errors=(NotAPicture, TooManyPixels))
async def change_avatar(db: Database, storage: Storage, picture_lane: Lane, identity: Identity, upload: bytes) -> User:
    """Send a picture as the body: PNG, JPEG, WebP or GIF, 5 MiB and 25 million pixels at most."""
    return await portrait.change(db, storage, picture_lane, identity, upload)


@users.get("/me/avatar", scope="read", errors=(NoAvatar,), media="image/webp")
async def get_avatar(db: Database, storage: Storage, identity: Identity, query: AvatarQuery) -> Answer:
    """Your picture, a square WebP of 256 pixels."""
    picture = await portrait.show(db, storage, identity)
    return Answer(picture, media_type=b"image/webp", headers=((b"cache-control", b"private, max-age=3600"),))


@users.delete("/me/avatar")
async def remove_avatar(db: Database, storage: Storage, identity: Identity) -> None:
    """Go without a picture."""
    await portrait.remove(db, storage, identity)


@users.get("/me/preferences", scope="read")
async def get_preferences(db: Database, identity: Identity) -> Preferences:
    """How the app looks and behaves for you."""
    return await accounts.preferences(db.reading(identity), identity.user_id)


@users.put("/me/preferences")
async def set_preferences(db: Database, identity: Identity, body: Preferences) -> Preferences:
    """Replace your preferences, on every device."""
    async with db.transaction(identity) as tx:
        return await accounts.set_preferences(tx, body)


@users.get("/audit")
async def list_audit(db: Database, cursors: Cursors, identity: Identity, query: AuditQuery) -> AuditPage:
    """What touched the safety of your account: sign-ins, changes of password, keys, archives."""
    return await record.page(db.reading(identity), identity.user_id, query, cursors)


@users.post("/export", status=202)
async def create_export(db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> Export:
    """Begin an archive of everything that is kept of you; its progress comes as events."""
    async with db.transaction(identity) as tx:
        # Behind the look for a past answer: a repetition with the same idempotency key costs nothing.
        await _spend(limiter, limits["export"], identity.user_id.hex)
        return tx.reply(await leaving.ask_export(tx))


@users.get("/exports")
async def list_exports(db: Database, identity: Identity) -> ExportList:
    """Your archives."""
    return await leaving.exports(db.reading(identity), identity.user_id)


@users.get("/exports/{export_id}")
async def get_export(db: Database, identity: Identity, export_id: UUID) -> Export:
    """One archive, and how far it is."""
    return await leaving.export(db.reading(identity), identity.user_id, export_id)


@users.get("/exports/{export_id}/download", errors=(NotReady,), media="application/zip")
async def download_export(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> Answer:
    """The archive itself, a ZIP file."""
    pieces = await leaving.download(db, storage, identity, export_id)
    saved_as = b'attachment; filename="study-teddy.zip"'
    return Answer(b"", 200, b"application/zip", ((b"content-disposition", saved_as),), pieces)


@users.delete("/exports/{export_id}")
async def delete_export(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> None:
    """Cancel an archive under way, or throw a finished one away."""
    await leaving.cancel_export(db, storage, identity, export_id)


@users.post("/me/delete", secret=True, errors=(WrongPassword,))
async def delete_account(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> User:
    """Have this account and everything in it erased in seven days."""
    return await leaving.ask_deletion(db, identity, body.password, passwords=passwords)


@users.post("/me/restore")
async def restore_account(db: Database, identity: Identity) -> User:
    """Keep an account that was to be erased."""
    async with db.transaction(identity) as tx:
        return tx.reply(await leaving.stay(tx))


@support.get("/users", errors=(NoSuchUser,))
async def find_user(db: Database, query: UserQuery) -> SupportedUser:
    """Find an account by its address. For operators."""
    return await support_actions.find(db, query.email)


@support.post("/users/{user_id}/disable", secret=True, errors=(NotYourself,))
async def disable_user(db: Database, identity: Identity, revocations: Revocations, user_id: UUID) -> None:
    """Shut an account and end its sessions. For operators."""
    for session_id in await support_actions.set_disabled(db, identity, user_id, disabled=True):
        revocations.add(session_id)


@support.post("/users/{user_id}/enable", secret=True, errors=(NotYourself,))
async def enable_user(db: Database, identity: Identity, user_id: UUID) -> None:
    """Open a shut account again. For operators."""
    await support_actions.set_disabled(db, identity, user_id, disabled=False)


def _digest(email: str) -> str:
    """An address as a limit knows it."""
    return sha256(email.lower().encode()).hexdigest()[:32]


def _redirect(address: str, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(b"", 303, b"text/plain", ((b"location", address.encode()), (b"cache-control", b"no-store"), *headers))


def _refresh_cookie(token: str) -> bytes:
    return f"{_COOKIE}={token}; Path=/; Max-Age={_WEEK}; Secure; HttpOnly; SameSite=Strict".encode()


def _device(request: Request) -> From:
    return From(request.header(b"user-agent") or "", request.client)


def _signed_in(grant: sessions.Grant, tokens: AccessTokens, delivery: Delivery, request: Request) -> SignedIn:
    access = tokens.issue(grant.user.id, grant.session_id)
    if delivery == "body":
        return SignedIn(grant.user, access, ACCESS_SECONDS, grant.refresh_token)
    request.answer_headers.append((b"set-cookie", _refresh_cookie(grant.refresh_token)))
    return SignedIn(grant.user, access, ACCESS_SECONDS)


def _same_origin(request: Request) -> None:
    site = request.header(b"sec-fetch-site")
    origin = (request.header(b"origin") or "").partition("://")[2]
    if site != "same-origin" and (not origin or origin != request.header(b"host")):
        raise ForeignOrigin()


async def _spend(limiter: Limiter, limit: Limit, principal: str) -> None:
    verdict = await limiter.take(limit, principal)
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after / 1000)
