"""Serves the web app: its page for every path outside the API, and the files of its builds (docs/web-app.md).

Only names that a build contained when it was loaded are served, so no path leads out of it. A new build is served from
the next request on.
"""

from __future__ import annotations

import mimetypes
import os
from functools import cached_property
from pathlib import Path

from starlette.types import Receive, Scope, Send

from studyteddy.platform.errors import MethodNotAllowed, NotFound
from studyteddy.platform.web import compression, etags, waiting_page, web_builds
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.endpoint import REQUEST
from studyteddy.platform.web.responses import is_known, respond

API = frozenset({"api", "ws", "health", "metrics"})
"""First parts of the paths that belong to the API."""
_NO_PAGES = API | {web_builds.ASSETS}
_HASHED = b"public, max-age=31536000, immutable"
_DAY = b"public, max-age=86400"
_CURRENT = b"no-cache"
_ALWAYS_CURRENT = frozenset({".html", ".js", ".css", ".webmanifest"})
_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".woff2": "font/woff2"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{bucket}; font-src 'self';"
    " connect-src 'self'{bucket}; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types svelte-trusted-html teddy-worker dompurify"
)
_REFUSED = (
    "accelerometer",
    "display-capture",
    "encrypted-media",
    "gyroscope",
    "hid",
    "local-fonts",
    "magnetometer",
    "midi",
    "screen-wake-lock",
    "serial",
    "xr-spatial-tracking",
)
"""Features of the browser that the page refuses, beside those that `security_headers` refuses for every answer."""

_guess = mimetypes.MimeTypes().guess_type
"""Without the types of the machine, which differ."""

Headers = tuple[tuple[bytes, bytes], ...]


class File:
    """A file of a build, read when it is first asked for and then kept: it stays the same under its name."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._bodies: dict[str, bytes] = {}
        self._codings = [coding for coding, suffix in web_builds.CODINGS.items() if Path(f"{path}{suffix}").is_file()]
        self.media_type = _media_type(path)
        self.cache_control = _cache_control(name)

    @cached_property
    def tag(self) -> str:
        return etags.etag(self._read(""))

    def coding(self, accept: bytes) -> str:
        """Return the best content coding that the client accepts; empty for none."""
        return (compression.choose(accept, self._codings) if self._codings and accept else None) or ""

    def body(self, coding: str = "") -> bytes:
        """Return the content in this coding; raise `NotFound` if the build was deleted meanwhile."""
        if coding not in self._bodies:
            self._bodies[coding] = self._read(coding)
        return self._bodies[coding]

    def _read(self, coding: str) -> bytes:
        try:
            return Path(f"{self._path}{web_builds.CODINGS.get(coding, '')}").read_bytes()
        except FileNotFoundError as fault:
            raise NotFound() from fault


class WebApp:
    """An ASGI application: the page and files of the builds in `folder`, or of none if it is None.

    `bucket` is the origin to which browsers upload attachments directly; empty if they don't.
    """

    def __init__(self, folder: Path | None, *, bucket: str = "") -> None:
        self._folder = folder
        self._version: tuple[int, int] | None = None
        self._files: dict[str, File] = {}
        self._build = ""
        self._headers: Headers = (
            (b"content-security-policy", _POLICY.format(bucket=f" {bucket}" if bucket else "").encode()),
            (b"permissions-policy", ", ".join(f"{name}=()" for name in _REFUSED).encode()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope[REQUEST]
        if self._folder is None or _first(request.path) in API:
            raise NotFound()
        request.label = "web app"
        self._refresh(self._folder)
        await respond(self._answer(self._folder, request), request, send)

    def current(self) -> str:
        """Return the key of the build that is served; empty before there is one."""
        if self._folder is not None:
            self._refresh(self._folder)
        return self._build

    def api_docs(self) -> Answer | None:
        """Return the API viewer, or None if the build has none."""
        if self._folder is None:
            return None
        self._refresh(self._folder)
        file = self._files.get(web_builds.API_DOCS)
        if file is None:
            return None
        headers = (*self._headers, (b"cache-control", file.cache_control))
        return Answer(file.body(), media_type=file.media_type, headers=headers)

    def _refresh(self, folder: Path) -> None:
        """Load the builds if others have become current."""
        try:
            found = os.stat(folder / web_builds.CURRENT)
        except OSError:
            return  # there is no build yet; or the folder is unavailable, and what was loaded is still right
        version = found.st_ino, found.st_mtime_ns
        if version != self._version:
            builds = web_builds.current(folder).builds
            self._version, self._files, self._build = version, _load(folder, builds), next(iter(builds), "")

    def _answer(self, folder: Path, request: Request) -> Answer:
        path = request.path
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET"]) if path == "/" or path in self._files else NotFound()
        is_page = _asks_for_page(request)
        file = self._files.get(path) or (self._files.get(web_builds.INDEX) if is_page else None)
        if file is not None:
            return self._file(file, request)
        if path == waiting_page.STYLE_PATH:
            return self._own(200, waiting_page.STYLE, b"text/css; charset=utf-8", (b"cache-control", _CURRENT))
        if not is_page:
            raise NotFound()
        page = waiting_page.render(web_builds.progress(folder), request.header(b"accept-language") or "")
        headers = (b"cache-control", b"no-store"), (b"vary", b"Accept-Language"), (b"retry-after", b"2")
        return self._own(503, page, b"text/html; charset=utf-8", *headers)

    def _file(self, file: File, request: Request) -> Answer:
        coding = file.coding(request.headers.get(b"accept-encoding", b""))
        tag = f'"{file.tag}-{coding}"' if coding else f'"{file.tag}"'
        headers = [(b"etag", tag.encode()), (b"cache-control", file.cache_control), (b"vary", b"Accept-Encoding")]
        if is_known(request, file.tag):
            return self._own(304, b"", file.media_type, *headers)
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        return self._own(200, file.body(coding), file.media_type, *headers)

    def _own(self, status: int, body: bytes, media_type: bytes, *headers: tuple[bytes, bytes]) -> Answer:
        return Answer(body, status, media_type, (*self._headers, *headers))


def _load(folder: Path, builds: tuple[str, ...]) -> dict[str, File]:
    """Return the files of the newest build, and the hashed files of the others, by path."""
    found: dict[str, File] = {}
    for key in reversed(builds):
        for path in (folder / key).rglob("*"):
            name = f"/{path.relative_to(folder / key).as_posix()}"
            if path.suffix in web_builds.CODINGS.values() or path.is_symlink() or not path.is_file():
                continue
            if key == builds[0] or _first(name) == web_builds.ASSETS:
                found[name] = File(path, name)
    return found


def _asks_for_page(request: Request) -> bool:
    """Return whether a browser navigates to a page; the start page is also for clients that accept anything."""
    accept = request.headers.get(b"accept", b"*/*")
    if b"text/html" in accept:
        return _first(request.path) not in _NO_PAGES
    return request.path == "/" and b"*/*" in accept


def _first(path: str) -> str:
    """Return the first part of a path."""
    return path.lstrip("/").partition("/")[0]


def _cache_control(name: str) -> bytes:
    if _first(name) == web_builds.ASSETS:
        return _HASHED
    return _CURRENT if Path(name).suffix in _ALWAYS_CURRENT else _DAY


def _media_type(path: Path) -> bytes:
    found = _TYPES.get(path.suffix) or _guess(path.name, strict=False)[0] or "application/octet-stream"
    is_text = found.startswith("text/") or found in ("image/svg+xml", "application/json")
    return f"{found}; charset=utf-8".encode() if is_text else found.encode()
