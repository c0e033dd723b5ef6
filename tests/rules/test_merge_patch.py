"""Merge patches: absent fields are unchanged, null clears a field."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from studyteddy.platform.web.merge_patch import merged


class Thing(msgspec.Struct, frozen=True):
    """An object to change."""

    name: str
    note: str | None
    count: int


class Changes(msgspec.Struct, frozen=True):
    """The changes."""

    name: str | UnsetType = UNSET
    note: str | UnsetType | None = UNSET


THING = Thing("old", "a note", 3)


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (b"{}", THING),
        (b'{"name": "new"}', Thing("new", "a note", 3)),
        (b'{"note": null}', Thing("old", None, 3)),
        (b'{"name": "", "note": ""}', Thing("", "", 3)),
        (b'{"name": "old", "note": "a note"}', THING),
    ],
)
def test_a_patch_changes_only_its_fields(body: bytes, after: Thing) -> None:
    assert merged(THING, msgspec.json.decode(body, type=Changes)) == after


@given(name=st.just(UNSET) | st.text(), note=st.just(UNSET) | st.none() | st.text())
def test_a_patch_is_idempotent(name: str | UnsetType, note: str | UnsetType | None) -> None:
    changes = Changes(name, note)
    assert merged(merged(THING, changes), changes) == merged(THING, changes)
