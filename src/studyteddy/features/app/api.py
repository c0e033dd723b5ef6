"""HTTP route for what this server offers."""

from __future__ import annotations

from collections.abc import Callable

from studyteddy.features.app import service
from studyteddy.features.app.schemas import AppInfo
from studyteddy.platform.settings import Settings
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.routing import Router

router = Router("/api/app", tag="app")


@router.get(public=True)
async def get_app(settings: Settings, build: Callable[[], str], request: Request) -> AppInfo:
    """Get the version of this server, its features, and the limits of its forms. The same for everyone."""
    request.answer_headers.append((b"cache-control", b"public, max-age=60"))
    return service.describe(build(), google=bool(settings.google_client_id), ai=bool(settings.ai_url))
