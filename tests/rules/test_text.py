"""What shows nothing is no name: the whole list of such characters, from Unicode's own data."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.attachments.schemas import NewAttachment
from studyteddy.features.auth.schemas.api_keys import KeyName
from studyteddy.features.focus.schemas.presets import Name as PresetName
from studyteddy.features.quick_add.parser.parse import ParserContext, parse
from studyteddy.features.quick_add.parser.tokens import tokenize
from studyteddy.features.quick_add.schemas import Line
from studyteddy.features.subjects.schemas import Icon
from studyteddy.features.subjects.schemas import Name as SubjectName
from studyteddy.platform.fields import Label, PersonName, Title
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import DayBoundary
from studyteddy.platform.text import fold, is_visible

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = (Title, PersonName, Label, SubjectName, Icon, PresetName, KeyName, Line)
EVERY = [chr(code) for code in range(0x110000)]
HIDDEN = [letter for letter in EVERY if not is_visible(letter)]
ENCODABLE = [letter for letter in HIDDEN if unicodedata.category(letter) != "Cs"]
SAMPLES = {
    "a combining acute accent": "\u0301",
    "a vowel sign": "\u093f",
    "an enclosing circle": "\u20dd",
    "a soft hyphen": "\u00ad",
    "a grapheme joiner": "\u034f",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a right-to-left mark": "\u200f",
    "a word joiner": "\u2060",
    "a Hangul filler": "\u3164",
    "a halfwidth Hangul filler": "\uffa0",
    "a Hangul initial filler": "\u115f",
    "a blank Braille pattern": "\u2800",
    "a null notehead": "\U0001d159",
    "an object replacement character": "\ufffc",
    "a noncharacter": "\ufdd0",
    "a variation selector": "\ufe0f",
    "a tag": "\U000e0041",
    "an ideographic space": "\u3000",
    "an accent on a space": "¨",
}
VISIBLE = ("a", "é", "e\u0301", "हिन्दी", "한", "試", "🧸", "👩‍🎓", "٣", "!", "^", "∅", "\ue000", "\u200bx\u200b")


@pytest.mark.parametrize("letter", SAMPLES.values(), ids=SAMPLES)
def test_characters_that_show_nothing_are_no_name(letter: str) -> None:
    assert not is_visible(letter * 3)
    for kind in NAMES:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(letter * 3, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": f"{letter}.txt", "type": "text/plain", "size": 1}, NewAttachment)


@pytest.mark.parametrize("name", VISIBLE)
def test_one_visible_character_is_enough(name: str) -> None:
    assert is_visible(name)
    for kind in NAMES:
        assert msgspec.convert(name, kind) == name


def test_every_space_mark_control_and_format_of_unicode_is_hidden() -> None:
    by_category = [letter for letter in EVERY if unicodedata.category(letter)[0] in "ZM"]
    by_category += [letter for letter in EVERY if unicodedata.category(letter) in ("Cc", "Cf", "Cs")]
    assert set(by_category) <= set(HIDDEN)
    others = set(HIDDEN) - set(by_category)
    # Fillers and unassigned ignorable characters, noncharacters, blank symbols, and accents on a space.
    assert {unicodedata.category(letter) for letter in others} <= {"Lo", "Lm", "Cn", "So", "Sk", "Po"}
    assert 8_000 < len(HIDDEN) < 10_000


def test_what_folds_to_nothing_is_hidden() -> None:
    assert [letter for letter in EVERY if not fold(letter).strip() and is_visible(letter)] == []
    decomposed = ((letter, unicodedata.normalize("NFKD", letter)) for letter in EVERY)
    assert [letter for letter, parts in decomposed if is_visible(letter) and not is_visible(parts)] == []


def test_the_type_of_a_name_and_the_rule_agree_on_every_character() -> None:
    for letter in EVERY:
        if 0xD800 <= ord(letter) <= 0xDFFF or (unicodedata.category(letter) == "Cc"):
            continue
        assert _is_valid(letter, Title) is is_visible(letter), hex(ord(letter))


@given(st.text(st.sampled_from(ENCODABLE), max_size=50), st.sampled_from(["", "@", "#", "!", "tomorrow", "9pm"]))
def test_no_line_and_no_stored_subject_breaks_the_parser(hidden: str, mark: str) -> None:
    """Rows from before this rule may have any name."""
    subjects = [(new_id(), hidden or "\u0301"), (new_id(), "Physics")]
    context = ParserContext(DayBoundary("Europe/Berlin", 240))
    for text in (f"{mark}{hidden} read", f"read {mark}{hidden}", f"read {hidden} {mark}", f"{hidden * 9} {mark} x"):
        found = parse(text, now=_NOON, context=context, subjects=subjects)
        assert is_visible(found.task.title)
        assert all(is_visible(label) for label in found.task.labels)


@given(st.text())
def test_every_token_has_a_first_letter(text: str) -> None:
    assert all(token.text.strip() for token in tokenize(text))


def _is_valid(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True
