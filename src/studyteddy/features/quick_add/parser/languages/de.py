"""German phrases for quick add: for each kind, the phrases of a value, separated by `|`."""

CODE = "de"
NEXT_SKIPS_A_WEEK = True

WORDS: dict[str, dict[int, str]] = {
    "day": {0: "heute", 1: "morgen", 2: "übermorgen|uebermorgen"},
    "tonight": {20 * 60: "heute abend|heut abend|diesen abend"},
    "part": {
        9 * 60: "früh|morgen|vormittag|morgens|am vormittag|am morgen",
        12 * 60: "mittag",
        15 * 60: "nachmittag|am nachmittag",
        19 * 60: "abend|am abend",
        20 * 60: "nacht",
    },
    "weekday": {
        0: "montag|mo",
        1: "dienstag|di",
        2: "mittwoch|mi",
        3: "donnerstag|do",
        4: "freitag|fr",
        5: "samstag|sonnabend|sa",
        6: "sonntag|so",
    },
    "each": {
        0: "montags",
        1: "dienstags",
        2: "mittwochs",
        3: "donnerstags",
        4: "freitags",
        5: "samstags|sonnabends",
        6: "sonntags",
    },
    "month": {
        1: "januar|jan|jänner",
        2: "februar|feb",
        3: "märz|maerz|mrz",
        4: "april|apr",
        5: "mai",
        6: "juni|jun",
        7: "juli|jul",
        8: "august|aug",
        9: "september|sep|sept",
        10: "oktober|okt",
        11: "november|nov",
        12: "dezember|dez",
    },
    "unit": {1: "tag|tage|tagen", 7: "woche|wochen", 30: "monat|monate|monaten", 365: "jahr|jahre|jahren"},
    "span": {1: "m|min|minute|minuten", 60: "h|std|stunde|stunden"},
    "length": {
        15: "eine viertelstunde|viertelstunde|einer viertelstunde",
        30: "eine halbe stunde|halbe stunde|einer halben stunde",
        45: "dreiviertelstunde|eine dreiviertelstunde",
        90: "anderthalb stunden|eineinhalb stunden",
    },
    "amount": {
        1: "ein|eine|einen|einem|einer",
        2: "zwei",
        3: "drei",
        4: "vier",
        5: "fünf",
        6: "sechs",
        7: "sieben",
        8: "acht",
        9: "neun",
        10: "zehn",
        11: "elf",
        12: "zwölf",
        14: "vierzehn",
    },
    "next": {1: "nächsten|nächster|nächste|nächstes|am nächsten|den nächsten|übernächsten"},
    "this": {1: "diesen|dieser|diese|dieses|kommenden|kommende|kommender|am kommenden|kommendes"},
    "every": {1: "jeden|jede|jedes|jeder|alle|an jedem|am jeden"},
    "freq": {1: "täglich", 7: "wöchentlich", 14: "zweiwöchentlich|vierzehntägig", 30: "monatlich", 365: "jährlich"},
    "ordinal": {
        1: "ersten|erste|erster|erstes",
        2: "zweiten|zweite|zweiter|zweites|andern|anderen",
        3: "dritten|dritte|dritter",
        4: "vierten|vierte",
        -1: "letzten|letzte|letzter",
    },
    "by": {
        1: "bis|bis zum|bis zur|bis spätestens|spätestens|spätestens am|fällig|fällig am|fällig bis|vor|vor dem"
        "|für|für den"
    },
    "until": {1: "bis|bis zum|bis zur|bis einschließlich"},
    "on": {1: "am|den|der|zum|vom|ab|ab dem|ab dem|von"},
    "at": {1: "um|gegen|ab|bis um|bis"},
    "from": {1: "von"},
    "in": {1: "in|innerhalb von"},
    "for": {1: "für|dauert|ca|circa|etwa|~"},
    "times": {1: "mal|male"},
    "of": {1: "des|im"},
    "and": {1: "und|&|,|+|sowie|oder"},
    "clock": {12 * 60: "mittag|mittags|zu mittag", 24 * 60: "mitternacht"},
    "past": {-30: "halb", 15: "viertel nach", -15: "viertel vor"},
    "halfday": {
        0: "morgens|früh|uhr morgens|uhr früh|vormittags|uhr vormittags",
        12: "nachmittags|abends|uhr nachmittags|uhr abends|am nachmittag|am abend|nachts",
    },
    "oclock": {24: "uhr"},
    "to": {1: "bis|bis um"},
    "weekend": {1: "wochenende"},
    "set": {5: "werktag|werktage|wochentag|arbeitstag", 2: "wochenende"},
    "days": {5: "werktags|wochentags|an werktagen|unter der woche", 2: "an wochenenden"},
    "end": {
        7: "ende der woche|wochenende der woche|ende dieser woche",
        30: "monatsende|ende des monats|ende monat|ende dieses monats",
        365: "jahresende|ende des jahres",
    },
    "ofmonth": {1: "im monat|des monats|jeden monats|eines monats|jedes monats"},
    "after": {1: "nach erledigung|nach abschluss|nach dem erledigen|wenn erledigt"},
    "low": {1: "niedrig|gering|unwichtig"},
    "medium": {1: "mittel|normal"},
    "high": {1: "hoch|wichtig"},
    "urgent": {1: "dringend|sofort"},
}

WORDS["compound"] = {
    weekday * 24 * 60 + minutes: "|".join(
        f"{name}{part}" for name in names.split("|")[:-1] for part in parts.split("|")
    )
    for weekday, names in WORDS["weekday"].items()
    for minutes, parts in {
        9 * 60: "morgen|vormittag|früh",
        12 * 60: "mittag",
        15 * 60: "nachmittag",
        19 * 60: "abend",
        20 * 60: "nacht",
    }.items()
}
"""Compounds such as “Montagabend”: minutes since the start of the week."""

AMBIGUOUS = "mo di mi do fr sa so m der alle in um ein eine mal jan ab von vor zum vom den bis alle halb mittag"

FUNCTION_WORDS = """\
der die das den dem des ein eine einen und oder mit für im in am um zum zur von vom ist sind ich wir du
auf aus nach vor bei über zu lernen lesen schreiben abgeben machen üben vorbereiten wiederholen kapitel aufgabe
seite übung bis noch nicht auch kaufen anrufen jeden jede uhr"""

DANGLING = "bis am um in für im zum zur der die das den dem fällig jeden jede und oder mit von vom vor ab ca gegen nach"

COUNTED_NOUNS = """\
kapitel kap seite seiten s aufgabe aufgaben aufg blatt übung übungen übungsblatt raum zimmer lektion
lektionen teil abschnitt nr nummer frage fragen satz thema einheit band klasse stufe gruppe woche modul buch absatz
zeile linie gleis saal hörsaal bus abb abbildung tabelle paragraph folie folien punkt punkte version"""
