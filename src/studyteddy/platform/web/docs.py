"""The API reference: the viewer of the web app, or a plain list of the problems if there is no web app.

Neither loads anything from other origins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from html import escape

from studyteddy.platform.errors import Problem
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router
from studyteddy.platform.web.web_app import WebApp

router = Router("/api", tag="docs")

_CSP = b"default-src 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Study Teddy API</title>
<main>
<h1>Study Teddy API</h1>
<p>The <a href="/api/openapi.json">OpenAPI document</a> describes all operations. Its viewer comes with the web app.</p>
<h2>Problems</h2>
<dl>
{problems}
</dl>
</main>
</html>
"""


@router.get("/docs", public=True)
async def get_docs(web_app: WebApp) -> Answer:
    """Get the API reference page."""
    return web_app.api_docs() or _plain_page()


@cache
def _plain_page() -> Answer:
    rows = [
        f'<dt id="{problem.code}">{problem.status} {problem.code}</dt><dd>{escape(problem.title)}</dd>'
        for problem in sorted(set(_kinds(Problem)), key=lambda problem: problem.code)
    ]
    headers = ((b"content-security-policy", _CSP), (b"cache-control", b"public, max-age=300"))
    page = _PAGE.format(problems="\n".join(rows))
    return Answer(page.encode(), media_type=b"text/html; charset=utf-8", headers=headers)


def _kinds(problem: type[Problem]) -> Iterator[type[Problem]]:
    for kind in problem.__subclasses__():
        yield kind
        yield from _kinds(kind)


@router.get("/openapi.json", public=True)
async def get_openapi(openapi_document: Callable[[], bytes]) -> Answer:
    """Get the OpenAPI document."""
    return Answer(openapi_document(), headers=((b"cache-control", b"public, max-age=300"),))
