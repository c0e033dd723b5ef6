"""Quick add: parse a task written as one line, in English, German, Spanish or French.

Owns: nothing. Publishes: nothing. Reacts to: nothing.
"""

from __future__ import annotations

from studyteddy.features.quick_add import api
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,))
