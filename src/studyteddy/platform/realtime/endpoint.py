"""The WebSocket endpoint: checks the origin and hands the connection to the hub."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from studyteddy.platform.realtime.hub import UNAUTHORIZED, Hub


class LiveEndpoint:
    """Accepts connections from `origins` and from the served host."""

    def __init__(self, hub: Hub, origins: Collection[str]) -> None:
        self._hub = hub
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.receive()  # websocket.connect
        if self._may_open(scope):
            with suppress(WebSocketDisconnect):  # the client left while a message was being sent
                await self._hub.serve(websocket)
        else:
            await websocket.close(UNAUTHORIZED, "origin not allowed")

    def _may_open(self, scope: Scope) -> bool:
        """Return whether the origin is allowed. Clients other than browsers send none; their ticket is sufficient."""
        headers = Headers(scope=scope)  # those of the WebSocket would stay in memory as long as the connection
        origin = headers.get("origin", "")
        return not origin or origin in self._origins or origin.partition("://")[2] == headers.get("host", "")
