"""The CPU time of parsing a quick-add line, for ordinary and for malicious input."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from benchmarks.bench import Bench
from benchmarks.measure import median, percentile, spread
from benchmarks.report import Headline, Report
from studyteddy.features.quick_add.parser.parse import ParserContext, parse
from studyteddy.platform.local_time.dates import DayBoundary

AIM = 2_000.0
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CONTEXT = ParserContext(DayBoundary("Europe/Berlin", 240))
SUBJECTS = [
    (UUID(int=n), name)
    for n, name in enumerate(("Physics", "Linear Algebra", "Mathematics", "Química", "History", "Biology", "Music"))
]
LINES = {
    "English": (
        "Study physics thu 3pm 60m !high #exam every week",
        "may finish chapter 2 by friday",
        "Read chapter 5",
        "Submit lab report by Fri 5pm #chem",
        "Essay due 30 nov",
        "next friday at 5",
        "Call mum in 2 hours",
        "Review for 30 mins every weekday at 8pm until dec 18",
        "Final exam Dec 15 9am-11am",
        "@physics sheet 3 tomorrow",
    ),
    "German": (
        "Physik lernen Di 15 Uhr",
        "Blatt 3 abgeben bis Freitag 12 Uhr",
        "Vokabeln jeden Montag und Donnerstag",
        "Hausaufgabe abgeben bis spätestens Donnerstag, 26.11., 18:00 Uhr",
        "Kapitel 5 lesen",
        "Referat am 4. Dezember",
        "Vokabeln jeden letzten Freitag im Monat",
        "eine halbe Stunde Mathe heute Nachmittag",
        "Milch kaufen",
        "Zusammenfassung schreiben für 45 Minuten am Sonntag !hoch #klausur",
    ),
    "Spanish": (
        "Estudiar física el viernes a las 5",
        "Entregar trabajo antes del 30 de noviembre a las 23:59",
        "Comprar pan",
        "Repasar verbos todos los lunes",
        "Leer el capítulo 5 mañana",
        "Examen el martes 24 de noviembre a las 10h",
        "Hacer tarea todos los días a las 18:00",
        "Repasar verbos el 15 de cada mes",
        "Estudiar media hora !alta",
        "Repasar verbos cada semana hasta el 30 de noviembre",
    ),
    "French": (
        "demain à 17h réviser",
        "Rendre dissertation avant le 30 novembre à 23h59",
        "Lire chapitre 5",
        "Acheter du pain",
        "Vocabulaire tous les derniers vendredis du mois",
        "Finir exposé pour lundi 9h !haute #histoire",
        "Réviser physique pendant 2 heures ce week-end",
        "Cours jeudi de 10h à 12h",
        "Vocabulaire le 15 de chaque mois",
        "Faire devoirs tous les jours à 18h",
    ),
    "500 malicious characters": tuple(
        (piece * 500)[:500] for piece in ("every ", "1/", "1/1/1/1 ", "1:1 ", "#a ", "@a ", "d'", "e\u0301", "1h ")
    ),
}


def steps(bench: Bench) -> int:
    return bench.rounds


def run(bench: Bench) -> Report:
    rounds = []
    for number in range(bench.rounds + 1):
        bench.step(f"round {number}" if number else "warming up")
        rounds.append({name: list(costs(lines, bench.seconds / len(LINES))) for name, lines in LINES.items()})
    return report(rounds[1:])


def costs(lines: tuple[str, ...], seconds: float) -> Iterator[float]:
    """µs of CPU per parse, cycling through the lines for the given time."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for line in lines:
            began = time.thread_time_ns()
            parse(line, now=NOW, context=CONTEXT, subjects=SUBJECTS)
            yield (time.thread_time_ns() - began) / 1e3


def report(rounds: list[dict[str, list[float]]]) -> Report:
    page = Report("Quick add", "What does it cost to parse a task written as one line?")
    ordinary = [[cost for name, part in one.items() if "malicious" not in name for cost in part] for one in rounds]
    for what, values in (
        ("mean", [sum(one) / len(one) for one in ordinary]),
        ("p99", [percentile(one, 0.99) for one in ordinary]),
    ):
        reached = median(values) <= AIM
        page.headlines.append(
            Headline(f"quick add: CPU per line, {what}", f"{spread(values, 0)} µs", f"≤ {AIM:.0f} µs", reached)
        )
    rows = [
        [
            name,
            spread([sum(one[name]) / len(one[name]) for one in rounds], 0),
            spread([percentile(one[name], 0.99) for one in rounds], 0),
        ]
        for name in LINES
    ]
    page.add("By language", ["", "µs per line, mean", "µs per line, p99"], rows)
    return page
