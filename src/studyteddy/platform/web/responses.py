"""Sends responses: ETags and 304, caching, compression."""

from __future__ import annotations

from starlette.types import Send

from studyteddy.platform.web import compression, etags
from studyteddy.platform.web.binding import Answer, Request

Headers = list[tuple[bytes, bytes]]


async def respond(answer: Answer, request: Request, send: Send) -> None:
    """Send a response: 304 if the client has the current version, and no body for HEAD."""
    status, body, headers = _finished(answer, request)
    if status not in (204, 304):
        headers.append((b"content-type", answer.media_type))
        if answer.pieces is None:
            headers.append((b"content-length", b"%d" % len(body)))
    bodiless = request.method == "HEAD"
    first = await anext(answer.pieces, b"") if answer.pieces is not None and not bodiless else b""  # it may raise
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if answer.pieces is not None and not bodiless:
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if bodiless else body})


def _finished(answer: Answer, request: Request) -> tuple[int, bytes, Headers]:
    """Return the status, body and headers, with ETag, 304 and compression applied."""
    headers = [*answer.headers, *request.answer_headers]
    operation, status, body = request.operation, answer.status, answer.body
    if operation is None or operation.route.secret:
        _forbid_caching(headers)
        return status, body, headers
    coding = _coding(body, request)
    if status in operation.tagged:
        tag = etags.etag(body)
        headers.append((b"etag", f'"{tag}-{coding}"'.encode() if coding else b'"%b"' % tag.encode()))
        headers.append((b"cache-control", b"private, no-cache"))
        if operation.route.method == "GET" and is_known(request, tag):
            headers.append((b"vary", b"Accept-Encoding"))
            return 304, b"", headers
    else:
        _forbid_caching(headers)
    headers.append((b"vary", b"Accept-Encoding"))
    if coding and request.method != "HEAD":
        body = compression.compress(body, coding)
        headers.append((b"content-encoding", coding.encode()))
    return status, body, headers


def _forbid_caching(headers: Headers) -> None:
    for name, _ in headers:
        if name == b"cache-control":
            return
    headers.append((b"cache-control", b"private, no-store"))


def _coding(body: bytes, request: Request) -> str | None:
    if len(body) < compression.MIN_SIZE or b"accept-encoding" not in request.headers:
        return None
    coding = compression.choose(request.headers[b"accept-encoding"])
    return coding if coding and len(body) <= compression.MAX_SIZES[coding] else None


def is_known(request: Request, tag: str) -> bool:
    """Return whether `If-None-Match` names the version; the comparison is weak (RFC 9110, section 13.1.2)."""
    return etags.matches((request.header(b"if-none-match") or "").replace("W/", ""), tag)
