"""Base64 for URLs: what was encoded is decoded, and nothing else."""

from __future__ import annotations

import string
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform import base64url

ALPHABET = string.ascii_letters + string.digits + "-_"


@given(st.binary(max_size=100))
def test_what_is_encoded_is_decoded(raw: bytes) -> None:
    text = base64url.encode(raw)
    assert base64url.decode(text) == raw
    assert not {"+", "/", "="} & set(text)


@given(st.binary(max_size=100), st.sampled_from(["!!!!", " ", "\n", "....", "ä", "\x00"]), st.integers(0, 100))
def test_characters_that_do_not_belong_to_it_are_not_passed_over(raw: bytes, strange: str, at: int) -> None:
    text = base64url.encode(raw)
    assert not is_valid(text[:at] + strange + text[at:])


@given(st.binary(min_size=1, max_size=100), st.integers(0, 100), st.sampled_from(ALPHABET))
def test_each_changed_character_makes_other_bytes_or_an_invalid_text(raw: bytes, at: int, other: str) -> None:
    text = base64url.encode(raw)
    at %= len(text)
    changed = text[:at] + other + text[at + 1 :]
    assert changed == text or not is_canonical(changed) or base64url.decode(changed) != raw


@given(st.binary(min_size=1, max_size=100))
def test_bytes_have_one_canonical_text(raw: bytes) -> None:
    text = base64url.encode(raw)
    assert base64url.decode_canonical(text) == raw
    same = [text[:-1] + last for last in ALPHABET if is_valid(text[:-1] + last)]
    assert [one for one in same if base64url.decode(one) == raw and is_canonical(one)] == [text]
    assert len(raw) % 3 == 0 or not is_canonical(text + "=" * (-len(text) % 4))


def is_valid(text: str) -> bool:
    return succeeds(base64url.decode, text)


def is_canonical(text: str) -> bool:
    return succeeds(base64url.decode_canonical, text)


def succeeds(decode: Callable[[str], bytes], text: str) -> bool:
    try:
        decode(text)
    except ValueError:
        return False
    return True


def test_known_answers() -> None:
    assert base64url.encode(b"\xfb\xff\xfe") == "-__-"
    assert base64url.decode("_w") == b"\xff"
