"""The kind of an assignment, recognized by its words in English, German, Arabic, French and Spanish.

Of Chinese and Japanese, it knows some words of two letters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple, get_args

from studyteddy.features.ai.schemas.steps import CitedSpan
from studyteddy.features.ai.splitting import deliverables
from studyteddy.platform.text import fold

Kind = Literal["essay", "problem_set", "lab_report", "reading", "exam_preparation", "project"]

_READ_CHARACTERS = 20_000
"""An assignment says at its beginning what it is; what follows is often its material."""
_MOST_LINES, _LONG_LINE, _MOST_SENTENCES, _SHORT_SENTENCE = 200, 300, 200, 15
_NAME, _WORD = 4, 1
"""The points of each word of a phrase: of one that names a kind, and of one that is usual in it."""
_MOST_MENTIONS = 2
"""Further mentions of a word don't count: a long text repeats what it is about, not what it is."""
_LONGEST_PHRASE = 3
_LONGEST_PIECE = 100
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_ARABIC_AFFIX = re.compile(r"^[وف]?(?:ال|لل|بال|كال|[بلك])?(?=\w{3})|(?<=[\u0621-\u064a]{3})ا$")
"""Articles, prepositions and conjunctions, and the alef of the accusative."""

_NAMES: dict[Kind, str] = {
    "essay": """
        report|bericht|تقرير|rapport|informe
        essay|essays|term paper|research paper|seminar paper|position paper|thesis statement|argumentative|bibliography
        aufsatz|essays|hausarbeit|seminararbeit|facharbeit|erörterung|referatstext|literaturverzeichnis|textanalyse
        مقال|مقالة|مقالات|بحث مكتوب|ورقة بحثية|موضوع تعبير|تعبير كتابي
        dissertation|rédaction|mémoire|commentaire composé|ensayo|ensayos|redacción|trabajo escrito|monografía
        作文|论文|論文""",
    "problem_set": """
        problem set|problem sheet|exercise sheet|worksheet|homework problems|exercises|problems
        übungsblatt|übungsblätter|aufgabenblatt|arbeitsblatt|rechenaufgaben|übungsaufgaben|übungsserie
        ورقة عمل|تمارين|مسائل|واجب الرياضيات|ورقة تمارين
        exercices|feuille d exercices|problèmes|ejercicios|problemas|hoja de ejercicios|hoja de problemas|习题""",
    "lab_report": """
        report|bericht|تقرير|rapport|informe
        lab report|laboratory report|lab write up|experiment report|lab notebook|lab protocol
        laborbericht|versuchsprotokoll|protokoll|praktikumsbericht|versuchsauswertung|praktikumsprotokoll
        تقرير مخبري|تقرير المختبر|تقرير معملي|تقرير المعمل|تقرير التجربة|تقرير مختبر
        compte rendu de|rapport de laboratoire|rapport de tp|compte rendu|informe de laboratorio|informe de prácticas
        práctica de laboratorio|实验|実験""",
    "reading": """
        reading assignment|assigned reading|required reading|reading list
        leseaufgabe|lektüre|pflichtlektüre
        واجب القراءة|قراءة كتاب
        lecture obligatoire|fiche de lecture|lectura obligatoria""",
    "exam_preparation": """
        exam|exams|midterm|final exam|quiz|test preparation|revision for|study for
        klausur|klausuren|prüfung|prüfungen|klausurvorbereitung|prüfungsvorbereitung|abitur|klassenarbeit|schulaufgabe
        امتحان|اختبار|امتحانات|اختبارات|امتحان نهائي
        考试|試験|examen|examens|partiel|contrôle|interrogation|baccalauréat|exámenes|parcial|selectividad""",
    "project": """
        project|projects|group project|prototype|poster|presentation|portfolio|capstone|app|website
        projekt|projektarbeit|gruppenarbeit|prototyp|präsentation|plakat|referat
        مشروع|مشاريع|عرض تقديمي|نموذج أولي|ملصق
        projet|exposé|maquette|présentation|affiche|proyecto|maqueta|presentación|cartel""",
}
_WORDS: dict[Kind, str] = {
    "essay": "write|words|argue|sources|references|schreibe|schreiben|wörter|quellen|اكتب|كتابة|كلمة|مصادر|المراجع"
    "|écrire|rédigez|mots|escribe|escribir|palabras|fuentes",
    "problem_set": "solve|calculate|compute|prove|exercise|löse|lösen|berechne|berechnen|beweise|aufgabe|aufgaben"
    "|احسب|حل|أثبت|تمرين|résoudre|calculez|calculer|démontrer|exercice|resuelve|calcula|demuestra|ejercicio",
    "lab_report": "lab|laboratory|experiment|measurements|measured|apparatus|labor|versuch|messwerte|messung"
    "|مختبر|معمل|تجربة|قياسات|expérience|laboratoire|mesures|experimento|laboratorio|mediciones",
    "reading": "read|chapter|chapters|pages|novel|lies|lesen|kapitel|seiten|roman|اقرأ|قراءة|الفصل|الفصول|الصفحات|رواية"
    "|lire|lisez|chapitre|pages|lee|leer|lea|capítulo|páginas|novela",
    "exam_preparation": "revise|revision|test|syllabus|wiederhole|wiederholen|lernen|مراجعة|راجع|réviser|révision"
    "|repasar|repaso|estudiar",
    "project": "build|design|team|group|implement|bauen|entwickeln|gruppe|programmieren|صمم|تصميم|فريق|برنامج"
    "|construire|équipe|groupe|diseñar|construir|equipo|grupo",
}


def kind_of(brief: str) -> Kind:
    """Return the kind that the words of a brief indicate; without any indication, a project.

    A kind that is named wins over kinds whose words occur, and a name outside of what the brief enumerates over one
    inside: an essay can demand that a chapter is read, and remains an essay.
    """
    text = brief[:_READ_CHARACTERS]
    points = _points(_without(text, [item.span for item in deliverables.find(text)]))
    if not _named(points):
        points = _points(text)
    found = _named(points) or points
    return max(get_args(Kind), key=lambda kind: found[kind].total) if found else "project"


class _Points(NamedTuple):
    """How clearly a kind is indicated, and whether it is named."""

    total: int = 0
    is_named: bool = False


def _points(text: str) -> defaultdict[Kind, _Points]:
    points: defaultdict[Kind, _Points] = defaultdict(_Points)
    for phrase, mentions in _phrases(text).items():
        for kind, weight in _INDICATIONS.get(phrase, ()):
            total = points[kind].total + weight * min(mentions, _MOST_MENTIONS)
            points[kind] = _Points(total, points[kind].is_named or weight >= _NAME)
    return points


def _named(points: Mapping[Kind, _Points]) -> defaultdict[Kind, _Points]:
    return defaultdict(_Points, {kind: one for kind, one in points.items() if one.is_named})


def _without(text: str, spans: Iterable[CitedSpan]) -> str:
    """Return a text without the places in it; a line ends where one was."""
    kept, end = [], 0
    for span in spans:
        kept.append(text[end : span.start])
        end = max(end, span.end)
    return "\n".join((*kept, text[end:]))


def naming(brief: str, kind: Kind, parts: Collection[CitedSpan] = ()) -> CitedSpan | None:
    """Return the line that names the whole assignment, or its sentence if the line is long; None without any text.

    It is the first one with words of the kind, otherwise the first one, and none of `parts` if there are others.
    """
    starts = {span.start for span in parts}
    lines = [line for line in _lines(brief) if not any(line.start <= start < line.end for start in starts)]
    found = [place for line in lines for place in _sentences(brief, line)] or list(parts)
    return next((place for place in found if _indicates(brief[place.start : place.end], kind)), next(iter(found), None))


def names(text: str, kind: Kind) -> bool:
    """Return whether a text has a name of a kind."""
    return _points(text[:_READ_CHARACTERS])[kind].is_named


def _lines(brief: str) -> list[CitedSpan]:
    matches = islice(re.finditer(r"[^\W_][^\n\r\u2028\u2029]*", brief), _MOST_LINES)
    return [CitedSpan(one.start(), one.start() + len(one[0].rstrip())) for one in matches]


def _sentences(brief: str, line: CitedSpan) -> Iterator[CitedSpan]:
    """Yield a line, or its first sentences if it is long; neither is ever cut."""
    if line.end - line.start <= _LONG_LINE:
        yield line
        return
    start = line.start
    for end in islice(re.finditer(r"(?<=[.!?؟])\s+|(?<=[。！？])", brief[line.start : line.end]), _MOST_SENTENCES):
        if line.start + end.start() - start >= _SHORT_SENTENCE:
            yield CitedSpan(start, line.start + end.start())
        start = line.start + end.end()
    if line.end - start >= _SHORT_SENTENCE:
        yield CitedSpan(start, line.end)


def _indicates(text: str, kind: Kind) -> bool:
    found = (_INDICATIONS.get(phrase, ()) for phrase in _phrases(text[:_READ_CHARACTERS]))
    return any(kind == one for indications in found for one, _ in indications)


def _phrases(text: str) -> Counter[str]:
    """Return how often each phrase of up to three words occurs, with and without the affixes of Arabic."""
    words = _words(text)
    found = _counted(words) | _counted([_ARABIC_AFFIX.sub("", word) for word in words])
    runs = (run for word in words if not word.isascii() for run in _UNSPACED.findall(word))
    found.update(run[place : place + 2] for run in runs for place in range(len(run) - 1) if len(run) > 2)
    return found


def _counted(words: Sequence[str]) -> Counter[str]:
    lengths = range(1, _LONGEST_PHRASE + 1)
    return Counter(" ".join(words[at : at + length]) for length in lengths for at in range(len(words) - length + 1))


def _words(text: str) -> list[str]:
    """Return the folded words; a piece is cut before folding, which sorts long runs of accents in quadratic time."""
    return [word for piece in text.split() for word in re.findall(r"\w+", fold(piece[:_LONGEST_PIECE]))]


def _indications() -> dict[str, list[tuple[Kind, int]]]:
    found: dict[str, list[tuple[Kind, int]]] = {}
    for weight, table in ((_NAME, _NAMES), (_WORD, _WORDS)):
        for kind, phrases in table.items():
            for phrase in {" ".join(_words(each)) for each in re.split(r"[|\n]", phrases)} - {""}:
                found.setdefault(phrase, []).append((kind, weight * len(phrase.split())))
    return found


_INDICATIONS = _indications()
