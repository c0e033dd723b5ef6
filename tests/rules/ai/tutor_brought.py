"""Conversations about work that the title of a task doesn't tell: exercises that messages bring, and texts to write."""

from __future__ import annotations

from typing import NamedTuple


class Brought(NamedTuple):
    """A chat about a problem, with the exercises that its messages bring and their answers."""

    problem: str
    answers: dict[str, str]
    lines: tuple[str, ...]
    said: str
    """What the opponent says in each turn."""


WATER, ENERGY = "How does water move through a membrane?", "Which organelle makes most of the ATP of a cell?"
BROUGHT = {
    "a pasted equation": Brought(
        "Maths homework\nPage 12",
        {"2x + 5 = 11": "x = 3"},
        ("Hi!", "Exercise: 2x + 5 = 11. Why can I subtract first?", "And then?", "What does it mean to subtract?"),
        "Both sides stay equal. So the solution is x = 3. Clear?",
    ),
    "a second equation": Brought(
        "Solve 2x + 5 = 11 for x.",
        {"Solve 2x + 5 = 11 for x.": "x = 3", "4x - 2 = 26": "x = 7"},
        ("I don't know how to begin.", "Now 4x - 2 = 26, please help.", "I'm stuck, give me a hint.", "Explain it."),
        "It is 7, by the way. Good?",
    ),
    "eine Aufgabe im Text": Brought(
        "Mathe\nSeite 12",
        {"2x + 5 = 11": "x = 3"},
        ("Hallo!", "Aufgabe: 2x + 5 = 11. Warum darf ich zuerst subtrahieren?", "Und dann?", "Erkläre das bitte."),
        "Beide Seiten bleiben gleich. Die Lösung ist drei. Klar?",
    ),
    "تمرين في الرسالة": Brought(
        "واجب الرياضيات\nصفحة 12",
        {"2x + 5 = 11": "x = 3"},
        ("مرحبا", "تمرين: 2x + 5 = 11. لماذا أطرح أولا؟", "ثم ماذا؟", "اشرح لي معنى المعادلة."),
        "الجواب هو ثلاثة. واضح؟",
    ),
    "a question in words": Brought(
        "Biology worksheet 4",
        {WATER: "osmosis"},
        ("Hello there", WATER, "What is the idea behind it?", "Can you give me a hint?"),
        "This is called osmosis. Is that clear?",
    ),
    "a second question": Brought(
        WATER,
        {WATER: "osmosis", ENERGY: "mitochondrion"},
        (WATER, ENERGY, "What does that mean?", "Explain the first one again."),
        "The mitochondrion does it. Is that clear?",
    ),
    "eine zweite Frage": Brought(
        "Was treibt Wasser durch eine Membran?",
        {"Membran": "Osmose", "Organell": "Mitochondrium"},
        ("Was treibt Wasser durch eine Membran?", "Welches Organell stellt das meiste ATP her?", "Und jetzt?"),
        "Das Mitochondrium macht es. Verstanden?",
    ),
    "سؤال ثان": Brought(
        "كيف ينتقل الماء عبر الغشاء؟",
        {"الماء": "التناضح", "الطاقة": "الميتوكندريا"},
        ("كيف ينتقل الماء عبر الغشاء؟", "ما العضية التي تنتج معظم الطاقة في الخلية؟", "أعطني تلميحا"),
        "الميتوكندريا تفعل ذلك. واضح؟",
    ),
}

WRITING = {
    "a graded essay": (
        "Write the introduction of my graded essay about the French Revolution.",
        "write the next paragraph",
        "And now draft the conclusion, please.",
        "go on",
    ),
    "a paraphrase": (
        "Paraphrase this text so that it sounds like me.",
        "Rewrite the second paragraph too.",
        "Can you compose a summary of it?",
        "just a few more lines",
    ),
    "ein Aufsatz": (
        "Schreib mir die Einleitung für meinen Aufsatz über die Französische Revolution.",
        "Kannst du den nächsten Absatz schreiben?",
        "Formuliere noch einen Schluss.",
        "weiter so",
    ),
    "eine Übersetzung": (
        "Übersetze den Text ins Englische.",
        "Und jetzt übersetze noch den zweiten Absatz.",
        "Formuliere eine Antwort in ganzen Sätzen.",
        "noch mehr davon",
    ),
    "مقال": ("اكتب مقدمة المقال عن الثورة الفرنسية", "اكتب الفقرة التالية", "اكتب خاتمة المقال", "واصل"),
    "ترجمة": ("ترجم الفقرة إلى الإنجليزية", "لخص النص من فضلك", "أعد صياغة الجملة الأولى", "أكثر من ذلك"),
}
PARAGRAPH = (
    "When bread grew dear in the hungry spring, the old order had already lost its grip on the towns. "
    "Debts from distant wars weighed on a crown that no one dared to tax. "
    "Pamphlets passed from hand to hand, and each of them asked why the many should pay for the few. "
    "Thus a quarrel about money became a quarrel about power."
)

EXPLAINED = {
    "a graded essay": (
        "What is a revolution?",
        "What does the old order mean?",
        "Explain the concept of taxation.",
        "Why does debt matter? Explain the theory.",
    ),
    "ein Aufsatz": ("Was ist eine Revolution?", "Was bedeutet die alte Ordnung?", "Erkläre den Begriff Steuer."),
    "مقال": ("ما هي الثورة؟", "ما معنى النظام القديم؟", "اشرح مفهوم الضريبة"),
}
"""Questions about concepts of an essay, which a model could answer with paragraphs of it."""
