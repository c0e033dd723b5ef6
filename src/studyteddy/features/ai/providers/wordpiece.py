"""WordPiece, the tokenizer of uncased BERT models: words are split into the longest known pieces.

It agrees with the reference implementation, which would bring seventeen packages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

_MAX_WORD = 100
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """A tokenizer with the vocabulary of a file: one piece a line, `##` begins one that continues a word."""

    def __init__(self, vocabulary: Path) -> None:
        pieces = vocabulary.read_text("utf-8").split("\n")
        self._ids = {piece: number for number, piece in enumerate(pieces) if piece}
        self._begin, self._end, self._unknown = (self._ids[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def pieces_per_word(self, text: str) -> float:
        """Return the pieces per word of a text: about one if the vocabulary is in its language."""
        found = [len(self._pieces(word)) for word in words(text) if word.isalpha()]
        return sum(found) / len(found) if found else 1.0

    def tokens(self, text: str, limit: int) -> list[int]:
        """Return the ids of the pieces of a text between those of its beginning and its end, at most `limit`."""
        found = [self._begin]
        for word in words(text):
            found += self._pieces(word)
            if len(found) >= limit:
                break
        return [*found[: limit - 1], self._end]

    def _pieces(self, word: str) -> list[int]:
        found: list[int] = []
        at = 0
        while at < len(word) <= _MAX_WORD:
            prefix = "##" if at else ""
            ends = range(len(word), at, -1)
            end = next((end for end in ends if prefix + word[at:end] in self._ids), None)
            if end is None:
                return [self._unknown]
            found.append(self._ids[prefix + word[at:end]])
            at = end
        return found or [self._unknown]


def words(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case and without accents; each punctuation mark is a word."""
    spaced = "".join(map(_cleaned, text))
    plain = "".join(letter for letter in unicodedata.normalize("NFD", spaced) if unicodedata.category(letter) != "Mn")
    for run in "".join(map(str.lower, plain)).split():
        word = ""
        for letter in run:
            if _is_punctuation(letter):
                yield from (one for one in (word, letter) if one)
                word = ""
            else:
                word += letter
        if word:
            yield word


def _cleaned(letter: str) -> str:
    """Return a letter, a space for what is one, and nothing for what isn't shown; ideographs are words."""
    if letter.isascii():
        return letter if letter.isprintable() else " " if letter in "\t\n\r" else ""
    if letter.isspace():
        return " "
    if letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Co"):
        return ""
    code = ord(letter)
    return f" {letter} " if any(first <= code <= last for first, last in _IDEOGRAPHS) else letter


def _is_punctuation(letter: str) -> bool:
    return (letter.isascii() and not letter.isalnum()) or unicodedata.category(letter).startswith("P")
