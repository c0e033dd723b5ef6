"""Cursors: opaque, signed, and valid for one list, sort order, and filter."""

from __future__ import annotations

import base64
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import CursorMismatch, Invalid
from studyteddy.platform.ids import new_id
from studyteddy.platform.web.pagination import Cursors, Position


class Query(msgspec.Struct, frozen=True):
    """A list's filters."""

    label: str | None = None
    limit: int = 2
    cursor: str | None = None


class Item(msgspec.Struct, frozen=True):
    """An item of a list."""

    id: UUID


CURSORS = Cursors(b"k" * 32)
MADE = CURSORS.write("tasks:due", Query(), "2026-01-01", UUID(int=7))


@given(key=st.text(), last=st.uuids(), label=st.none() | st.text())
def test_cursors_round_trip(key: str, last: UUID, label: str | None) -> None:
    cursor = CURSORS.write("tasks:due", Query(label), key, last)
    assert CURSORS.read(cursor, "tasks:due", Query(label)) == Position(key, last)
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_no_cursor_is_the_first_page() -> None:
    assert CURSORS.read(None, "tasks:due", Query()) is None


@pytest.mark.parametrize(
    ("name", "query"), [("tasks:title", Query()), ("notes", Query()), ("tasks:due", Query("exam"))]
)
def test_a_cursor_of_another_list_is_rejected(name: str, query: Query) -> None:
    with pytest.raises(CursorMismatch) as fault:
        CURSORS.read(MADE, name, query)
    assert [one.pointer for one in fault.value.faults or []] == ["?cursor"]


def test_the_limit_can_change_between_pages() -> None:
    assert CURSORS.read(MADE, "tasks:due", Query(limit=100, cursor=MADE)) == Position("2026-01-01", UUID(int=7))


@given(st.text() | st.text("ABCabc019-_", max_size=200))
def test_malformed_cursors_are_rejected(cursor: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.read(cursor, "tasks:due", Query())


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_modified_cursor_is_rejected(place: int, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(MADE + "=" * (-len(MADE) % 4)))
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(Invalid):
        CURSORS.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), "tasks:due", Query())


def test_a_cursor_of_another_key_is_rejected() -> None:
    with pytest.raises(Invalid):
        Cursors(b"j" * 32).read(MADE, "tasks:due", Query())


@pytest.mark.parametrize("count", range(5))
def test_a_page_has_the_cursor_of_the_next_one(count: int) -> None:
    """With a limit of two, three rows are queried; the third one shows whether there is a next page."""
    found = [(Item(new_id()), str(n)) for n in range(min(count, 3))]
    page = CURSORS.page(found, Query(), "tasks:due")
    assert page.items == [item for item, _ in found[:2]]
    assert (page.next_cursor is not None) == (count > 2)
    if page.next_cursor:
        assert CURSORS.read(page.next_cursor, "tasks:due", Query()) == Position("1", page.items[-1].id)
