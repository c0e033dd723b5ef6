"""Briefs that look like real ones: 14 in six languages, in many variants, each with a correct proposal.

`{a}` and `{b}` are numbers that differ between variants. A line says what is asked, and which step serves it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from studyteddy.features.ai.splitting.kinds import Kind
from studyteddy.features.ai.splitting.proposal import RawProposal, RawStep

TODAY = date(2026, 11, 23)
MARKERS = ("1. ", "1) ", "- ", "• ", "* ", "(1) ", "– ")


@dataclass(frozen=True)
class Model:
    """What the variants of a brief have in common: a head, lines with their steps, and an end."""

    kind: Kind
    language: str
    head: str
    lines: str
    tail: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        found = [line.split(" => ") for line in self.lines.strip().splitlines()]
        return [(asked.strip(), title.strip()) for asked, title in found]


@dataclass(frozen=True)
class Case:
    """A brief and a correct proposal for it."""

    kind: Kind
    language: str
    brief: str
    raw: RawProposal
    due: date | None
    total: int | None
    granularity: int | None


MODELS = (
    Model(
        "essay",
        "en",
        "History 210 – Essay {a}: The causes of the First World War\n\nWrite an essay of {b}00 words with at least six"
        " sources. Your thesis statement must be arguable.",
        """
        State a thesis that answers the question on page {a}. => State your thesis in one sentence
        Compare the “July Crisis” with {b} earlier crises in the Balkans. => Compare the July Crisis with earlier crises
        Discuss the alliance system and its effect on mobilization. => Discuss the alliance system
        Evaluate Fischer's claim about German war aims. => Evaluate Fischer's claim
        Include a bibliography in Chicago style. => Add the bibliography
        Explain how public opinion shaped the decisions of {a} governments. => Explain the role of public opinion
        Write a conclusion that returns to your thesis. => Write the conclusion
        Proofread for grammar and check each footnote. => Proofread the essay and its footnotes
        """,
        "Late work loses 10% a day.",
    ),
    Model(
        "problem_set",
        "en",
        "MATH 33A   Problem Set {a}\n\nSolve all problems. Show your work. Calculators aren't allowed.",
        """
        Compute the determinant of the {a}×{a} matrix in exercise {b}. => Compute the determinant
        Prove that the kernel of a linear map is a subspace. => Prove that the kernel is a subspace
        Find all eigenvalues of the matrix B - 3I. => Find the eigenvalues
        Show that similar matrices have the same trace, if n < {b}. => Show that similar matrices have one trace
        Diagonalize the matrix from lecture {a}, or explain why it can't be done. => Try to diagonalize the matrix
        Solve the system x + {a}y = {b}, 2x - y = 1. => Solve the system of equations
        Determine the rank of each matrix on the sheet. => Determine the ranks
        Give a counterexample to the statement about determinants. => Give a counterexample
        """,
    ),
    Model(
        "lab_report",
        "en",
        "CHEM 101 Lab report: titration of vinegar\nYour lab report on experiment {a} is graded out of {b}.",
        """
        Describe the apparatus and label the figure. => Describe the apparatus
        Record the {a} trials in a table with units. => Record the trials in a table
        Calculate the concentration of acetic acid to {a} significant figures. => Calculate the concentration
        Plot the titration curve of trial {b}. => Plot the titration curve
        Discuss two sources of error, e.g. “overshooting” the endpoint. => Discuss the sources of error
        Answer the post-lab questions in complete sentences. => Answer the post-lab questions
        Summarize the theory behind the indicator. => Summarize the theory
        Attach the raw data signed by your assistant. => Organize and attach the raw data
        """,
    ),
    Model(
        "reading",
        "en",
        "Reading assignment, week {a}\nRead chapters {a}-{b} of “Middlemarch” before the seminar.",
        """
        Read chapter {a} and mark unfamiliar words. => Read the first chapter and mark words
        Take notes on how Dorothea sees Casaubon. => Take notes on Dorothea's view
        Summarize the quarrel on page {b} in three sentences. => Summarize the quarrel
        Choose one passage of irony and explain it. => Choose and explain an ironic passage
        Bring two questions for the discussion. => Write two questions for the discussion
        List the characters who appear for the first time. => List the new characters
        Compare the narrator with that of Emma. => Compare the two narrators
        Reread the prelude to see what changed. => Reread the prelude
        """,
    ),
    Model(
        "exam_preparation",
        "en",
        "Biology midterm exam {a}\nThe exam covers units 1 to {b}. It takes 90 minutes. Closed book.",
        """
        Know the structure of the cell membrane. => Review the cell membrane
        Be able to draw all {a} phases of mitosis. => Draw the phases of mitosis from memory
        Practice the genetics problems of worksheet {b}. => Practice the genetics problems
        Understand how enzymes are inhibited. => Study enzyme inhibition
        Memorize the {a} steps of glycolysis. => Memorize the steps of glycolysis
        Do the sample exam from last year. => Take the sample exam against the clock
        Explain natural selection with an example. => Explain natural selection aloud
        Go over the feedback on quiz {a}. => Go over the feedback on the quiz
        """,
    ),
    Model(
        "project",
        "en",
        "CS 50 final project, team {a}\nBuild a web app with your group and give a presentation of {b} minutes.",
        """
        Write a proposal of one page with three milestones. => Write the proposal
        Design the database schema for at least {a} tables. => Design the database schema
        Implement the login page and password hashing. => Implement the login page
        Test the app with {b} users outside your team. => Test the app with users
        Deploy the prototype to the course server. => Deploy the prototype
        Document the API in the README file. => Document the API
        Prepare slides and a demo of the app. => Prepare the slides and the demo
        Reflect on the work of your group in 300 words. => Reflect on the group's work
        """,
    ),
    Model(
        "essay",
        "de",
        "Deutsch LK – Hausarbeit {a}\nVerfassen Sie eine Erörterung von {b}00 Wörtern zu Kafkas „Der Prozess“.",
        """
        Gliedern Sie die Argumente in drei Abschnitte. => Gliedere die Argumente
        Belegen Sie jede These mit {a} Zitaten. => Belege jede These mit Zitaten
        Vergleichen Sie Josef K. mit dem „Mann vom Lande“. => Vergleiche Josef K. mit dem Mann vom Lande
        Schreiben Sie eine Einleitung mit Angabe von Autor und Jahr. => Schreibe die Einleitung
        Erläutern Sie die Rolle des Gerichts in Kapitel {b}. => Erläutere die Rolle des Gerichts
        Formulieren Sie ein begründetes Fazit. => Formuliere das Fazit
        Fügen Sie ein Literaturverzeichnis an. => Literaturverzeichnis zusammenstellen
        Überprüfen Sie Rechtschreibung und Zeichensetzung. => Überprüfe die Rechtschreibung
        """,
    ),
    Model(
        "problem_set",
        "de",
        "Analysis I, Übungsblatt {a}\nAbgabe in Zweiergruppen. Alle Aufgaben geben {b} Punkte.",
        """
        Beweisen Sie die Dreiecksungleichung für komplexe Zahlen. => Beweise die Dreiecksungleichung
        Berechnen Sie den Grenzwert der Folge ({a}n + 1)/n. => Berechne den Grenzwert
        Zeigen Sie, dass jede konvergente Folge beschränkt ist. => Zeige, dass die Folge beschränkt ist
        Untersuchen Sie die Reihe aus Aufgabe {b} auf Konvergenz. => Untersuche die Reihe auf Konvergenz
        Skizzieren Sie den Graphen der Funktion. => Skizziere den Graphen
        Bestimmen Sie alle Häufungspunkte der Menge. => Bestimme die Häufungspunkte
        Geben Sie ein Beispiel einer unbeschränkten Folge an. => Gib ein Beispiel an
        Lösen Sie die Gleichung x² - {a}x + 1 = 0. => Gleichung lösen
        """,
    ),
    Model(
        "lab_report",
        "de",
        "Physikalisches Praktikum: Versuchsprotokoll zum Fadenpendel\nDer Versuch {a} dauert {b} Minuten.",
        """
        Beschreiben Sie den Aufbau mit einer Skizze. => Beschreibe den Aufbau
        Messen Sie {a} Schwingungen bei fünf Fadenlängen. => Miss die Schwingungen
        Tragen Sie die Messwerte in Tabelle {b} ein. => Trage die Messwerte ein
        Bestimmen Sie g aus der Steigung der Geraden. => Bestimme g aus der Steigung
        Schätzen Sie die Messunsicherheit ab. => Schätze die Messunsicherheit ab
        Diskutieren Sie Abweichungen vom Literaturwert. => Diskutiere die Abweichungen
        Fassen Sie das Ergebnis in einem Satz zusammen. => Fasse das Ergebnis zusammen
        Zeichnen Sie das Diagramm auf Millimeterpapier. => Diagramm zeichnen
        """,
    ),
    Model(
        "essay",
        "ar",
        "اللغة العربية – مقالة رقم {a}\nاكتب مقالة من {b} كلمة عن أثر التقنية في التعليم.",
        """
        اجمع ثلاثة مصادر حديثة عن الموضوع => جمع المصادر
        اكتب مقدمة تعرض فيها رأيك بوضوح => كتابة المقدمة
        قارن بين التعليم الحضوري والتعليم عن بعد => مقارنة نوعي التعليم
        ناقش رأيين مختلفين مع ذكر {a} أمثلة => مناقشة رأيين مختلفين
        استشهد بما ورد في الصفحة {b} من الكتاب => الاستشهاد بالكتاب وتوثيق الصفحة
        اكتب خاتمة تلخص أهم الأفكار => كتابة الخاتمة
        راجع الإملاء وعلامات الترقيم قبل التسليم => مراجعة الإملاء
        أضف قائمة المراجع في آخر المقالة => إضافة قائمة المراجع
        """,
    ),
    Model(
        "exam_preparation",
        "ar",
        "امتحان العلوم النهائي {a}\nيشمل الامتحان الوحدات من الأولى إلى الرابعة، ومدته {b} دقيقة.",
        """
        راجع أجزاء الخلية ووظائفها => مراجعة أجزاء الخلية
        احفظ جدول العناصر حتى العنصر {a} => حفظ جدول العناصر
        حل أسئلة الوحدة الثانية في الصفحة {b} => حل أسئلة الوحدة الثانية
        اشرح قوانين نيوتن مع مثال لكل قانون => شرح قوانين نيوتن
        ارسم دورة الماء في الطبيعة => رسم دورة الماء
        لخص درس الطاقة المتجددة في نقاط => تلخيص درس الطاقة
        تدرب على الاختبار التجريبي رقم {a} => التدرب على الاختبار التجريبي
        صحح أخطاء الاختبار السابق => صحح أخطاء الاختبار السابق
        """,
    ),
    Model(
        "project",
        "fr",
        "Projet de technologie n° {a}\nVotre équipe construit une maquette et prépare un exposé de {b} minutes.",
        """
        Définissez le cahier des charges de la maquette. => Définir le cahier des charges
        Dessinez un plan à l'échelle 1/{b}. => Dessiner le plan
        Choisissez les matériaux « recyclés » disponibles. => Choisir les matériaux
        Construisez la première version de la maquette. => Construire la première version
        Testez sa solidité avec {a} essais. => Tester la solidité
        Rédigez une fiche technique d'une page. => Rédiger la fiche technique
        Répartissez la parole entre les membres du groupe. => Répartir la parole
        Répétez l’exposé devant une autre équipe. => Répéter l'exposé
        """,
    ),
    Model(
        "essay",
        "es",
        "Lengua y literatura: ensayo {a}\nEscribe un ensayo de {b}00 palabras sobre «Don Quijote».",
        """
        Formula una tesis clara sobre la locura del hidalgo. => Formular la tesis
        Cita al menos {a} pasajes de la primera parte. => Elegir los pasajes
        Explica el episodio de los molinos del capítulo {b}. => Explicar el episodio de los molinos
        Compara a Sancho con su señor. => Comparar a Sancho con su señor
        Añade una bibliografía con tres fuentes. => Añadir la bibliografía
        Redacta una conclusión que responda a la pregunta. => Redactar la conclusión
        ¿Qué papel tiene la ironía del narrador? => ¿Qué papel tiene la ironía? Explicarlo
        Revisa la ortografía y los acentos. => Revisar la ortografía
        """,
    ),
    Model(
        "reading",
        "en",
        "第{a}周阅读 Reading assignment\n请在上课之前完成下面的内容，共{b}页。",
        """
        阅读课本第三章并标出重要的概念 => Read the third chapter and mark concepts
        用自己的话总结作者的主要观点 => Summarize the main points
        回答书后第{a}题到第{b}题 => Answer the questions at the end
        比较两种历史解释的不同之处 => Compare the two explanations
        准备三个在课堂上讨论的问题 => Prepare three questions
        查找文章中提到的人物背景资料 => Look up the people in the text
        抄写并背诵第一段的重点句子 => Memorize the key sentences
        画一张时间线说明事件的顺序 => Draw a timeline
        """,
    ),
)


def case(number: int) -> Case:
    """Return a variant: numbers, chosen lines, their order, markers, dates and minutes depend on `number`."""
    rng = random.Random(number)
    model = MODELS[number % len(MODELS)]
    numbers = {"a": rng.randint(3, 9), "b": rng.randint(21, 79)}
    pairs = [(asked.format(**numbers), title) for asked, title in model.pairs()]
    rng.shuffle(pairs)
    pairs = pairs[: rng.randint(3, len(pairs))]
    brief = _brief(model, numbers, [asked for asked, _ in pairs], rng)
    due = TODAY + timedelta(days=rng.randint(0, 30)) if rng.random() < 0.8 else None
    raw = RawProposal(_steps(pairs, due, rng), rng.choice([[], ["Ask which edition is meant."]]))
    total = sum(step.minutes for step in raw.steps) if rng.random() < 0.7 else None
    granularity = rng.choice([None, len(raw.steps), max(len(raw.steps) - 1, 3)])
    return Case(model.kind, model.language, brief, raw, due, total, granularity)


def _brief(model: Model, numbers: dict[str, int], asked: Sequence[str], rng: random.Random) -> str:
    marker = rng.choice(MARKERS)
    lines = [marker.replace("1", str(place)) + each for place, each in enumerate(asked, 1)]
    gap = rng.choice(["\n", "\n\n", "\r\n"])
    return f"{model.head.format(**numbers)}\n\n{gap.join(lines)}\n\n{model.tail}"


def _steps(pairs: Sequence[tuple[str, str]], due: date | None, rng: random.Random) -> list[RawStep]:
    days = sorted(TODAY + timedelta(days=rng.randint(0, (due - TODAY).days if due else 20)) for _ in pairs)
    return [
        RawStep(
            title=title,
            minutes=5 * rng.randint(2, 18),
            size=rng.choice(["short", "medium", "long"]),
            due_date=str(day) if rng.random() < 0.8 else None,
            quotes=[retyped(asked, rng)],
            after=[place - 1] if place and rng.random() < 0.6 else [],
        )
        for place, ((asked, title), day) in enumerate(zip(pairs, days, strict=True))
    ]


def retyped(quote: str, rng: random.Random) -> str:
    """Return a quote as models type it: with other quotation marks, dashes and spaces, or without its end."""
    straight = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "«": '"', "»": '"', "–": "-"})
    words = quote.split(" ")
    options = (
        quote,
        quote.translate(straight),
        quote.replace(" ", "\n"),
        quote.replace(" - ", " – "),
        quote.rstrip("."),
        " ".join(words[: max(3, len(words) // 2 + 1)]),
        quote[:1].lower() + quote[1:],
    )
    return rng.choice(options)
