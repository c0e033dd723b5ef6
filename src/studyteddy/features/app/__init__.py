"""What this server offers: its version, the features that are switched on, and the limits of forms.

Owns: nothing. Publishes: nothing. Reacts to: nothing.
"""

from __future__ import annotations

from studyteddy.features.app import api
from studyteddy.platform.feature import Feature

FEATURE = Feature(routers=(api.router,))
