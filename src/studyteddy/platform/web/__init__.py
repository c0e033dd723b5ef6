"""The web: from bytes of a request to a handler's parameters, and from what it returns to bytes.

Everything that can be decided once is decided at start: which decoder reads the body, which resource fills
a parameter, which headers every answer carries (docs/adr/0005).
"""

from studyteddy.platform.web.app import App, Health
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.openapi import describe
from studyteddy.platform.web.routing import Route, Router

__all__ = ["Answer", "App", "Health", "Request", "Route", "Router", "describe"]
