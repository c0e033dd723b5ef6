"""Base64 for URLs: what was encoded is decoded, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform import base64url


@given(st.binary(max_size=100))
def test_what_is_encoded_is_decoded(raw: bytes) -> None:
    text = base64url.encode(raw)
    assert base64url.decode(text) == raw
    assert not {"+", "/", "="} & set(text)


@given(st.binary(max_size=100), st.sampled_from(["!!!!", " ", "\n", "....", "ä", "\x00"]), st.integers(0, 100))
def test_characters_that_do_not_belong_to_it_are_not_passed_over(raw: bytes, strange: str, at: int) -> None:
    text = base64url.encode(raw)
    assert not is_valid(text[:at] + strange + text[at:])


def is_valid(text: str) -> bool:
    try:
        base64url.decode(text)
    except ValueError:
        return False
    return True


def test_known_answers() -> None:
    assert base64url.encode(b"\xfb\xff\xfe") == "-__-"
    assert base64url.decode("_w") == b"\xff"
