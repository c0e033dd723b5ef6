"""Prepared texts by language: what is shown instead of a draft that must not be shown.

They know neither the problem nor its key, and contain no numbers. Problems in words have their own.
"""

from __future__ import annotations

from studyteddy.features.ai.tutoring.moves import Move, Need

_EN = {
    "ask": "What is the task asking you to find, and what have you tried so far? Write down your first step, even if "
    "you are unsure about it.",
    "check": "Go through your work line by line: what does each line state, and which rule leads to the following "
    "line? Then put your result back into the task and see whether everything fits.",
    "explain": "Try it in your own words: what is the idea behind this, and where did you meet it in your notes? Tell "
    "me which part is unclear.",
    "twin": "Make up a similar but easier task with values of your own and solve it completely. Which of its steps can "
    "you use here?",
}
_EN_HINTS = (
    "Read the task again slowly. What is given, and what is wanted?",
    "Which rule, definition or method from your notes connects what is given with what is wanted?",
    "Make a sketch, a table or a list of what is given. What can you work out or say directly from it?",
    "Write down the first step only, and say why it is allowed. What does it make simpler?",
    "Compare your work with a solved example from your notes, step by step. At which step do they differ?",
)
_DE = {
    "ask": "Was ist in der Aufgabe gesucht, und was hast du schon versucht? Schreib deinen ersten Schritt auf, auch "
    "wenn du dir unsicher bist.",
    "check": "Geh deine Rechnung oder Begründung Zeile für Zeile durch: Was sagt jede Zeile, und welche Regel führt "
    "zur folgenden? Setz dein Ergebnis danach in die Aufgabe ein und prüfe, ob alles passt.",
    "explain": "Versuch es in eigenen Worten: Welche Idee steckt dahinter, und wo steht sie in deinen Unterlagen? Sag "
    "mir, welcher Teil unklar ist.",
    "twin": "Denk dir eine ähnliche, leichtere Aufgabe mit eigenen Werten aus und löse sie ganz. Welche Schritte "
    "kannst du hier verwenden?",
}
_DE_HINTS = (
    "Lies die Aufgabe noch einmal langsam. Was ist gegeben, und was ist gesucht?",
    "Welche Regel, Definition oder Methode aus deinen Unterlagen verbindet das Gegebene mit dem Gesuchten?",
    "Mach eine Skizze, eine Tabelle oder eine Liste des Gegebenen. Was kannst du daraus direkt ableiten?",
    "Schreib nur den ersten Schritt auf und begründe, warum er erlaubt ist. Was wird dadurch einfacher?",
    "Vergleiche deine Arbeit Schritt für Schritt mit einem gelösten Beispiel aus deinen Unterlagen. Wo weichen sie ab?",
)
_AR = {
    "ask": "ما المطلوب في المسألة، وماذا جرّبت حتى الآن؟ اكتب خطوتك الأولى حتى لو لم تكن متأكدًا منها.",
    "check": "راجع عملك سطرًا سطرًا: ماذا يقول كل سطر، وأي قاعدة تقود إلى السطر التالي؟ ثم عوّض بنتيجتك في المسألة "
    "وتحقق من أن كل شيء متوافق.",
    "explain": "حاول أن تشرح الفكرة بكلماتك، وأين وردت في ملاحظاتك. أخبرني أي جزء غير واضح.",
    "twin": "ألّف مسألة مشابهة أسهل بقيم من عندك وحلّها كاملة. أي خطواتها تفيدك هنا؟",
}
_AR_HINTS = (
    "اقرأ المسألة مرة أخرى ببطء. ما المعطى، وما المطلوب؟",
    "أي قاعدة أو تعريف أو طريقة في ملاحظاتك تربط المعطى بالمطلوب؟",
    "ارسم رسمًا أو جدولًا أو قائمة بالمعطيات. ماذا تستطيع أن تستنتج منها مباشرة؟",
    "اكتب الخطوة الأولى فقط وبيّن لماذا هي مسموحة. ماذا تجعل أبسط؟",
    "قارن عملك خطوة بخطوة بمثال محلول في ملاحظاتك. أين يختلفان؟",
)
_EN_WORDS = {
    "check": "Go through your text sentence by sentence: what does each one claim, and what supports it? Then compare "
    "it with the task: is everything there that it asks for?",
    "twin": "Take a similar but smaller question about something you know well, and answer it in your own words. Which "
    "steps of that can you use here?",
    "write": "Note the point of this part and one piece of evidence for it, in your own words. How would your first "
    "sentence begin?",
}
_EN_WORD_HINTS = (
    "Read the task again slowly. Which word says what you have to do?",
    "Which term, event or idea from your notes does the task point to?",
    "List what you know about it, in single words. What belongs together, and why?",
    "Say the core of it in one sentence of your own. What is still missing in it?",
    "Compare your text with a good example from your notes, part by part. Where do they differ?",
)
_EN_ASKS = (
    "Which part of the task is clear to you, and which one isn't?",
    "What do your notes say about it, and where would you begin?",
)
_DE_WORDS = {
    "check": "Geh deinen Text Satz für Satz durch: Was behauptet jeder Satz, und was stützt ihn? Vergleich ihn danach "
    "mit der Aufgabe: Ist alles da, was sie verlangt?",
    "twin": "Nimm eine ähnliche, kleinere Frage über etwas, das du gut kennst, und beantworte sie in eigenen Worten. "
    "Welche Schritte davon kannst du hier verwenden?",
    "write": "Notier den Gedanken dieses Teils und einen Beleg dafür, in eigenen Worten. Wie würde dein erster Satz "
    "beginnen?",
}
_DE_WORD_HINTS = (
    "Lies die Aufgabe noch einmal langsam. Welches Wort sagt, was du tun sollst?",
    "Auf welchen Begriff, welches Ereignis oder welche Idee aus deinen Unterlagen zielt die Aufgabe?",
    "Sammle Stichwörter zu dem, was du darüber weißt. Was gehört zusammen, und warum?",
    "Sag den Kern in einem eigenen Satz. Was fehlt darin noch?",
    "Vergleiche deinen Text Teil für Teil mit einem guten Beispiel aus deinen Unterlagen. Wo weichen sie ab?",
)
_DE_ASKS = (
    "Welcher Teil der Aufgabe ist dir klar, und welcher nicht?",
    "Was sagen deine Unterlagen dazu, und womit würdest du beginnen?",
)
_AR_WORDS = {
    "check": "راجع نصك جملة جملة: ماذا تقول كل جملة، وما الذي يدعمها؟ ثم قارنه بالمطلوب: هل فيه كل ما طُلب؟",
    "twin": "خذ سؤالًا مشابهًا أصغر عن شيء تعرفه جيدًا وأجب عنه بكلماتك. أي خطواته تفيدك هنا؟",
    "write": "دوّن فكرة هذا الجزء ودليلًا عليها بكلماتك. كيف تبدأ جملتك الأولى؟",
}
_AR_WORD_HINTS = (
    "اقرأ المطلوب مرة أخرى ببطء. أي كلمة تقول ما عليك فعله؟",
    "إلى أي مصطلح أو حدث أو فكرة في ملاحظاتك يشير السؤال؟",
    "دوّن ما تعرفه عنه في كلمات مفردة. ما الذي يرتبط ببعضه، ولماذا؟",
    "قل الفكرة الأساسية في جملة من عندك. ماذا ينقصها؟",
    "قارن نصك جزءًا جزءًا بمثال جيد في ملاحظاتك. أين يختلفان؟",
)
_AR_ASKS = ("أي جزء من المطلوب واضح لك، وأي جزء غير واضح؟", "ماذا تقول ملاحظاتك عنه، ومن أين تبدأ؟")
_NEEDS: dict[str, dict[Need, str]] = {
    "en": {
        "twin": "A similar problem is solved for you once you have used hints. Write what you have tried, or ask about "
        "what is unclear, and then ask for a hint. What is your first step?",
        "tries": "The solution comes after an attempt of your own and after the hints. Write down your first steps, "
        "even if you are unsure about them. How would you begin?",
        "solution": "You have made an attempt; the solution comes after the hints. Ask for the following hint, and try "
        "a step or ask a question in between. Where are you stuck?",
        "hint": "Try a step first and write it down, even if you are unsure; then there is a further hint. A question "
        "about what is unclear counts as well.",
        "check": "This counts as an attempt, but no further ones are checked for this problem. Put your result back "
        "into the task, or ask for a hint. Which step are you unsure about?",
        "steps": "If that is your answer: a result alone is no attempt yet. How did you get there? Write down the "
        "steps of your calculation, or your reasons for it, and I check them.",
    },
    "de": {
        "twin": "Eine ähnliche Aufgabe wird dir vorgerechnet, sobald du Hinweise genutzt hast. Schreib, was du "
        "versucht hast, oder frag nach dem, was unklar ist, und bitte dann um einen Hinweis. Was ist dein "
        "erster Schritt?",
        "tries": "Die Lösung kommt nach einem eigenen Versuch und nach den Hinweisen. Schreib deine ersten Schritte "
        "auf, auch wenn du dir unsicher bist. Wie würdest du beginnen?",
        "solution": "Einen Versuch hast du gemacht; die Lösung kommt nach den Hinweisen. Bitte um den folgenden "
        "Hinweis, und versuch dazwischen einen Schritt oder stell eine Frage. Wo hängst du?",
        "hint": "Versuch zuerst einen Schritt und schreib ihn auf, auch wenn du dir unsicher bist; dann gibt es einen "
        "weiteren Hinweis. Auch eine Frage zu dem, was unklar ist, zählt.",
        "check": "Das zählt als Versuch, aber weitere werden zu dieser Aufgabe nicht geprüft. Setz dein Ergebnis in "
        "die Aufgabe ein, oder bitte um einen Hinweis. Bei welchem Schritt bist du unsicher?",
        "steps": "Falls das deine Antwort ist: Ein Ergebnis allein ist noch kein Versuch. Wie bist du darauf gekommen? "
        "Schreib deine Rechenschritte auf oder deine Gründe dafür, dann prüfe ich sie.",
    },
    "ar": {
        "twin": "ستُحلّ لك مسألة مشابهة بعد أن تستفيد من التلميحات. اكتب ما جرّبته أو اسأل عمّا هو غير واضح، ثم اطلب "
        "تلميحًا. ما خطوتك الأولى؟",
        "tries": "يأتي الحل بعد محاولة منك وبعد التلميحات. اكتب خطواتك الأولى حتى لو لم تكن متأكدًا منها. كيف ستبدأ؟",
        "solution": "لقد حاولت، ويأتي الحل بعد التلميحات. اطلب التلميح التالي، وجرّب خطوة أو اطرح سؤالًا بين تلميح وآخر. "
        "أين توقفت؟",
        "hint": "جرّب خطوة أولًا واكتبها حتى لو لم تكن متأكدًا؛ بعدها تحصل على تلميح آخر. والسؤال عمّا هو غير واضح "
        "يُحسب أيضًا.",
        "check": "هذه محاولة محسوبة، لكن لن تُراجع محاولات أخرى لهذه المسألة. عوّض بنتيجتك في المسألة أو اطلب تلميحًا. "
        "في أي خطوة أنت غير متأكد؟",
        "steps": "إن كان هذا جوابك، فالنتيجة وحدها ليست محاولة بعد. كيف وصلت إليها؟ اكتب خطوات حسابك أو أسبابك، "
        "وسأراجعها.",
    },
}
_TEXTS = {"en": (_EN, _EN_HINTS), "de": (_DE, _DE_HINTS), "ar": (_AR, _AR_HINTS)}
_WORD_TEXTS = {"en": (_EN_WORDS, _EN_WORD_HINTS), "de": (_DE_WORDS, _DE_WORD_HINTS), "ar": (_AR_WORDS, _AR_WORD_HINTS)}
_ASKS = {"en": _EN_ASKS, "de": _DE_ASKS, "ar": _AR_ASKS}


def hint(move: Move, hint_level: int, language: str, *, in_words: bool = False, turn: int = 1) -> str:
    """Return the prepared text of a move; languages other than German and Arabic get English.

    `in_words` is for problems without numbers and formulas. Questions vary by `turn`, the number of the message.
    """
    code = _code(language)
    own, hints = (_WORD_TEXTS if in_words else _TEXTS)[code]
    moves = _TEXTS[code][0] | own
    if move == "ask":
        return (moves[move], *_ASKS[code])[max(0, turn - 1) % (len(_ASKS[code]) + 1)]
    return moves.get(move) or hints[max(0, min(hint_level, len(hints) - 1))]


def need_hint(need: Need, language: str) -> str:
    """Return the prepared text that says what a message needs to get what it asks for."""
    return _NEEDS[_code(language)][need]


def writing_hint(language: str) -> str:
    """Return the prepared text for a student who wants a text written."""
    return _WORD_TEXTS[_code(language)][0]["write"]


def _code(language: str) -> str:
    code = language[:2].lower()
    return code if code in _TEXTS else "en"
