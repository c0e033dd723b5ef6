"""Browser sessions: their cookies, redirects, and the response to a sign-in."""

from __future__ import annotations

from studyteddy.features.auth.schemas.accounts import Delivery
from studyteddy.features.auth.schemas.sessions import ClientInfo, ForeignOrigin, SignedIn
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.platform.security.access_tokens import ACCESS_SECONDS, AccessTokens
from studyteddy.platform.security.device_tokens import DEVICE_SECONDS, DeviceTokens
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.cookies import Cookies

REFRESH, STATE, DEVICE, PENDING = "refresh", "state", "device", "pending"
WEEK = 7 * 24 * 3600


def redirect(address: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return a redirect to `address`."""
    return Answer(b"", 303, b"text/plain", ((b"location", address.encode()), (b"cache-control", b"no-store"), *headers))


def refresh_cookie(cookies: Cookies, token: str) -> tuple[bytes, bytes]:
    """Return the cookie that keeps a browser signed in."""
    return cookies.set(REFRESH, token, seconds=WEEK)


def device_cookie(cookies: Cookies, token: str) -> tuple[bytes, bytes]:
    """Return the cookie by which a browser is known at its next sign-in.

    `lax`, because the redirect from an OAuth provider has to carry it. It is no credential.
    """
    return cookies.set(DEVICE, token, seconds=DEVICE_SECONDS, same_site="lax")


def device(request: Request, cookies: Cookies, device_tokens: DeviceTokens, given: str | None = None) -> ClientInfo:
    """Return the client of the request; `given` is the device token in its body, if there is one."""
    known = device_tokens.read(given or cookies.read(request, DEVICE) or "")
    return ClientInfo(request.header(b"user-agent") or "", request.client, known, request.gone)


def signed_in(
    grant: Grant,
    tokens: AccessTokens,
    delivery: Delivery,
    request: Request,
    cookies: Cookies,
    *,
    device_token: str | None = None,
) -> SignedIn:
    """Return the response to a sign-in, with the refresh and device tokens in the body or in cookies."""
    access = tokens.issue(grant.user.id, grant.session_id)
    if delivery == "body":
        return SignedIn(grant.user, access, ACCESS_SECONDS, grant.refresh_token, device_token)
    request.answer_headers.append(refresh_cookie(cookies, grant.refresh_token))
    if device_token:
        request.answer_headers.append(device_cookie(cookies, device_token))
    return SignedIn(grant.user, access, ACCESS_SECONDS)


def same_origin(request: Request) -> None:
    """Raise 403 unless the request comes from the same origin."""
    site = request.header(b"sec-fetch-site")
    origin = (request.header(b"origin") or "").partition("://")[2]
    if site != "same-origin" and (not origin or origin != request.header(b"host")):
        raise ForeignOrigin()
