"""What a question is about, and the forms of its words: light stemming of English, German and Arabic.

Stemming takes endings off (and the prefixes of Arabic) and knows no dictionary: “cells” is a form of “cell”, but
irregular forms, such as “mice” or the broken plurals of Arabic, are different words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, takewhile

from studyteddy.platform.fulltext import words

MAX_ASKED = 40
"""Words that a question is about; one with more is a text."""
_MIN_PREFIX = 5
_ENDINGS = (
    *(("ies", "i", 3), ("sses", "ss", 2), ("ss", "ss", 0), ("ing", "", 4), ("ed", "", 4), ("y", "i", 3)),
    *(("ern", "", 4), ("em", "", 4), ("er", "", 4), ("en", "", 3), ("es", "", 3), ("um", "", 5), ("us", "", 5)),
    *(("is", "", 4), ("on", "", 5), ("s", "", 3), ("e", "", 3), ("a", "", 5), ("i", "", 5), ("n", "", 4)),
)
"""An ending, what replaces it, and how many letters must stand before it."""
_ARABIC = re.compile(r"[\u0621-\u064a]+")
_ARABIC_PREFIXES = (
    *((prefix, 3) for prefix in ("وبال", "وكال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال")),
    *((prefix, 4) for prefix in "وفبلك"),
)
_ARABIC_ENDINGS = ("ات", "ون", "ين", "ان", "يه", "ها", "هم", "ه", "ي", "ا")
_ARABIC_VARIANTS = str.maketrans("أإآىة", "اااي\u0647")

_ASKING = """
    the a an and or but nor of to in on for with from by at as into about than then so if not no yes any some is are
    was were be been being am do does did done doing has have had having can could will would shall should may might
    must let s t re ve ll d m don doesn didn isn aren wasn won i you he she it we they me him her us them my your
    his its our their this that these those there here how what why when where which who whom whose please pls plz
    thanks thank hello hi hey ok okay just really actually exactly still again also only even much many more most
    very too quite bit simply basically briefly quickly explain tell say describe define give show help understand
    know learn need needs needed want wants like get got make makes made remember summarize summarise teddy
    der die das den dem des ein eine einen einem einer eines und oder aber von vom zu zum zur im in ins am an auf
    aus bei beim mit nach für über um als auch nur noch schon doch denn mal eben halt bitte danke hallo gern ist
    sind war waren wird werden wurde wurden sein hat haben hatte hatten kann kannst können könnte könntest soll
    sollen sollte muss musst müssen darf will wollen möchte mag würde würdest ich du er sie es wir ihr mir mich dir
    dich ihm ihn uns euch sich mein meine dein deine ihre dies diese dieser dieses man wie was warum wieso weshalb
    wann wo wer wen wem wofür wozu welche welcher welches welchen nicht kein keine so sehr ganz genau eigentlich
    einfach kurz bisschen etwas viel mehr nochmal dabei dazu da davon damit wirklich erklär erkläre erklären
    erklärst sag sage sagen beschreib beschreibe beschreiben definiere gib geben zeig zeige hilf helfen verstehe
    verstehen weiß wissen brauche braucht brauchen macht machen mache tut tun zusammenfassen
    le la les un une des et ou du de est sont que qui el los las y es son por como
    ما ماذا هو هي هم هذا هذه ذلك تلك في من على إلى عن مع أو ثم كيف لماذا متى أين هل كم أي أن إن أنا أنت نحن لم لا لن
    قد كان كانت يكون تكون التي الذي الذين بين عند لو سمحت فضلك رجاء أرجو شكرا مرحبا اشرح اشرحي يشرح وضح قل أخبرني
    أريد أود يمكن يمكنك ممكن تشرح لي لنا أفهم أعرف نحتاج أحتاج يحتاج تحتاج ببساطة باختصار بسرعة قليلا جدا أيضا فقط
    بالضبط
"""
_GENERAL = """
    work works working happen happens happening call called mean means meaning matter matters important importance
    purpose role play plays function functions use uses used useful example examples difference different main same
    lot little form forms formed thing things stuff topic term word words concept idea question answer definition
    explanation simple simpler summary overview detail details notes page chapter exam test
    bedeutet bedeuten bedeutung heißt heißen nennt genannt passiert passieren geschieht funktioniert funktionieren
    läuft wichtig wichtige rolle spielt aufgabe zweck sache begriff wort thema frage antwort beispiel beispiele
    unterschied erklärung definition zusammenfassung überblick seite kapitel klausur
    معنى يعني تعني تعريف يسمى يحدث تحدث يجري يعمل تعمل عمل يفعل تفعل مهم مهمة أهمية دور وظيفة فائدة مثال أمثلة الفرق
    شيء موضوع مفهوم سؤال جواب شرح توضيح صفحة درس
"""


def asked(question: str) -> list[str]:
    """Return the distinct words that a question is about, without those of grammar, of politeness and of asking.

    Words such as “role” or “function” count only if nothing else is left: they say what is asked about a subject.
    """
    found = [word for word in dict.fromkeys(words(question)) if word not in _ASKING_WORDS]
    return ([word for word in found if word not in _GENERAL_WORDS] or found)[:MAX_ASKED]


def forms(asked: Sequence[str], known: Collection[str]) -> dict[str, list[str]]:
    """Return the forms of each word among the known words, as `is_form` finds them; each word is stemmed once."""
    by_stem: dict[str, list[str]] = {}
    for word in known:
        by_stem.setdefault(stem(word), []).append(word)
    ordered = sorted(known)
    return {word: list(_forms(stem(word), by_stem, ordered)) for word in asked}


def _forms(found: str, by_stem: Mapping[str, Sequence[str]], ordered: Sequence[str]) -> Iterator[str]:
    yield from by_stem.get(found, ())
    if len(found) >= _MIN_PREFIX:
        longer = takewhile(lambda word: word.startswith(found), islice(ordered, bisect_left(ordered, found), None))
        yield from (word for word in longer if stem(word) != found)


def is_form(word: str, other: str) -> bool:
    """Return whether two words are forms of one, or the other is a longer one that begins with the word."""
    found = stem(word)
    return found == stem(other) or (len(found) >= _MIN_PREFIX and other.startswith(found))


def pattern(written: str, word: str) -> str:
    """Return the stem of a word as part of a LIKE pattern: letters that can carry a mark stand for any letter."""
    found = stem(word)
    if _ARABIC.fullmatch(word):
        return re.sub("[اويه]", "_", found)
    kept = len(found) - (not word.startswith(found))  # an ending can leave another last letter
    same = written if len(written) == len(word) else word
    return re.sub(r"[^\x00-\x7f]", "_", same[:kept]) if word.isascii() else found[:kept]


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return what the forms of a word have in common; the word is one of `fulltext.words`."""
    return _arabic(word) if _ARABIC.fullmatch(word) else _without_ending(_without_ending(word))


def _without_ending(word: str) -> str:
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word.removesuffix(ending) + instead
    return word


def _arabic(word: str) -> str:
    word = word.translate(_ARABIC_VARIANTS)
    prefixes = (one for one, least in _ARABIC_PREFIXES if word.startswith(one) and len(word) - len(one) >= least)
    word = word.removeprefix(next(prefixes, ""))
    endings = (one for one in _ARABIC_ENDINGS if word.endswith(one) and len(word) - len(one) >= 3)
    return word.removesuffix(next(endings, ""))


_ASKING_WORDS, _GENERAL_WORDS = frozenset(words(_ASKING)), frozenset(words(_GENERAL))
