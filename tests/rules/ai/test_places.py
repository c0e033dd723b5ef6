"""Where a quote stands in a brief."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.ai.briefs import case

from studyteddy.features.ai.splitting.places import Places, place


def found(quote: str, brief: str) -> str | None:
    span = place(quote, brief)
    return None if span is None else brief[span.start : span.end]


@pytest.mark.parametrize(
    ("quote", "brief", "cited"),
    [
        ("two short words", "Write two short words.", "two short words"),
        ("two  short\nwords", "Write two short words.", "two short words"),
        ("two short words", "Write two\r\n\r\n  short\u00a0words.", "two\r\n\r\n  short\u00a0words"),
        ("Two Short Words", "Write two short words.", "two short words"),
        ('the "big" one', "See the “big” one.", "the “big” one"),
        ("the „big“ one", "See the «big» one.", "the «big» one"),
        ("don't do it", "I don’t do it.", "don’t do it"),
        ("pages 3-4 today", "Read pages 3–4 today.", "pages 3–4 today"),
        ("straße lesen", "Die STRASSE LESEN", "STRASSE LESEN"),
        ("café crème", unicodedata.normalize("NFD", "un café crème"), unicodedata.normalize("NFD", "café crème")),
        ("assignment text", "The assign\u00adment\u200b \u200btext", "assign\u00adment\u200b \u200btext"),
        ("joined words", "No join\u2060ed words", "join\u2060ed words"),
        ("اقرأ الفصل الأول", "\u200fاقرأ \u202bالفصل\u202c الأول\u200f", "اقرأ \u202bالفصل\u202c الأول\u200f"),
        ("第三章并标出", "阅读课本第三章并标出重要的概念", "第三章并标出"),
        ("f(x) = 2x + 1", "Let f(x)=2x+1 hold.", "f(x)=2x+1"),
        ("🎓 read it all", "👩‍🎓 🎓 read it all 🎓", "🎓 read it all"),
        ("two short word", "Write two short words.", None),
        ("wo short words", "Write two short words.", None),
        ("two words", "Write two short words.", None),
        ("question 1", "Answer question 10 and 11.", None),
        ("x is 2x - 1", "x is 2x + 1", None),
        ("cafe creme", "un café crème", None),
        ("1 000 words", "Write 1000 words.", None),
        ("words Write two", "Write two short words.", None),
        ("", "Write two short words.", None),
        ("two short words", "", None),
        (". . . . . . . .", ". . . . . . . . .", None),
        # Too short, unless a line is that short.
        ("short", "Write two short words.", None),
        ("a b", "x a b x", None),
        ("internationalization", "On internationalization now", None),
        ("Intro", "x\n  Intro\ny", "Intro"),
        ("intro:", "1. Intro\n2. Outro", "Intro"),
        ("1. Intro", "1. Intro\n2. Outro", "1. Intro"),
        ("Intro", "Intro and outro", None),
        ("第三章", "1、第三章\n第三章", "第三章"),
    ],
)
def test_a_quote_is_placed(quote: str, brief: str, cited: str | None) -> None:
    assert found(quote, brief) == cited


def test_the_first_place_counts() -> None:
    span = place("read it twice", "x read it twice, read it twice")
    assert span is not None
    assert span.start == 2


@given(st.integers(0, 13), st.data())
def test_any_run_of_words_is_found_at_a_place_that_reads_the_same(number: int, data: st.DataObject) -> None:
    brief = case(number).brief
    words = brief.split()
    start = data.draw(st.integers(0, len(words) - 3))
    quote = " ".join(words[start : data.draw(st.integers(start + 3, len(words)))])
    cited = found(quote, brief)
    if sum(any(map(str.isalnum, word)) for word in quote.split()) > 1 and len(quote) >= 8:
        assert cited is not None
        assert "".join(cited.split()) in "".join(quote.split())


@given(st.text(), st.text())
def test_what_is_found_is_a_place_of_the_brief(quote: str, brief: str) -> None:
    span = place(quote, brief)
    assert span is None or 0 <= span.start < span.end <= len(brief)


@pytest.mark.parametrize("piece", ["a ", "ab, ", "1. x\n", "é", "\u0301\u0316", "第三", "\u200b", "a" * 50 + " ", " "])
def test_the_time_is_in_proportion_to_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        brief = (piece * (length // len(piece)))[:length]
        began = time.process_time()
        places = Places(brief)
        for quote in (f"{piece * 20}b c", "short", "a a a a a a a b", brief[-60:]):
            places.find(quote)
        return time.process_time() - began

    small = max(min(seconds(50_000) for _ in range(3)), 0.002)
    assert min(seconds(500_000) for _ in range(2)) < 40 * small  # ten times the length; quadratic would be 100
