"""Tables of number words."""

from __future__ import annotations


def numerals(names: str, *, start: int = 0, step: int = 1) -> dict[int, str]:
    """Return the names of numbers at equal distances, given in order; variants are separated by `|`."""
    return {start + at * step: listed for at, listed in enumerate(names.split())}
