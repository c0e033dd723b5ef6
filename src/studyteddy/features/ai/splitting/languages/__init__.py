"""The languages of splitting, one module per language."""

from __future__ import annotations

from typing import Literal

from studyteddy.features.ai.splitting.languages import ar, de, en
from studyteddy.features.ai.splitting.languages.wording import Wording

Language = Literal["en", "de", "ar"]
WORDINGS: dict[str, Wording] = {"en": en.WORDING, "de": de.WORDING, "ar": ar.WORDING}
