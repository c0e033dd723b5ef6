"""German words of the tutor: the phrases of each kind, separated by `|`, and the names of numbers."""

from __future__ import annotations

from studyteddy.features.ai.tutoring.languages.numerals import numerals

CODE = "de"

WORDS: dict[str, str] = {
    "give": "gib|sag|sage|zeig|zeige|schreib|schreibe|nenn|nenne|verrate|verrat|schick|löse|mach|übersetze|gibst",
    "solution": "lösung|lösungen|antwort|antworten|ergebnis|resultat|letzten schritt|letzte schritt|hausaufgabe",
    "demand": "sag einfach|gib mir einfach|mach es für mich|mach meine|löse es|löse die",
    "help": "hilfe|hilf|tipp|hinweis|hänge|hänge fest|komme nicht weiter|weiß nicht|keine ahnung|verstehe nicht"
    "|verstehe das nicht|wie mache ich|was soll ich|wie geht es weiter|nächster schritt|nächste schritt|hilfst",
    "similar": "ähnliche aufgabe|ähnliche frage|ähnliches beispiel|ähnliches problem|anderen zahlen|anderen werten"
    "|durchgerechnetes beispiel|gelöstes beispiel|beispielaufgabe|musteraufgabe",
    "question": "was|warum|wieso|wie|wann|welche|welcher|welches|wo|wer|wozu|weshalb|kannst du|kann ich|darf ich"
    "|soll ich|hast du",
    "concept": "was ist|was sind|was bedeutet|was heißt|erkläre|erklär|bedeutet|unterschied zwischen|definition"
    "|warum ist|wie funktioniert|begriff",
    "reason": "weil|da|deshalb|also|dann|daher|zuerst|danach|ich denke|ich habe versucht|ich habe|folglich|denn"
    "|ich rechne|ich komme auf|somit",
    "claim": "lehrer|lehrerin|professor|erlaubt|erlaubnis|entwickler|administrator|anweisungen|system|regeln"
    "|ignoriere|tu so|rollenspiel|meine mutter|mein vater|abgabe|frist|bitte|durchfallen|verzweifelt|dringend",
    "greeting": "hallo|danke|okay|guten morgen|tschüss|verstanden|moin",
    "guess": "ist es|ist das|ist die antwort|es ist|das ist"
    "|ich rate|vielleicht|die antwort ist|stimmt das|ist richtig"
    "|ist korrekt|oder etwa|wie wäre",
    "yes": "ja|genau|richtig|stimmt|korrekt|perfekt|gut gemacht|passt|exakt|prima|treffer|bravo|volltreffer|jawohl"
    "|super|ausgezeichnet",
    "no": "nein|nicht|falsch|leider|zu groß|zu klein|zu hoch|zu niedrig|knapp|fast|größer|kleiner|kein|daneben"
    "|wärmer|kälter|beinahe|stimmt nicht|weder|noch",
    "answer": "antwort|lösung|ergebnis|resultat|ergibt|wert|endergebnis|erhältst|erhält|bekommst|bekommt|ausgabe"
    "|kommt heraus|kommst auf|lautet",
    "is": "ist|sind|ergibt|gleich|macht|lautet|wird|beträgt|heißt|auf|als|sei|bekommst|erhältst|hast|war",
    "about": "etwa|ungefähr|rund|circa|ca|knapp|fast",
    "near": "zwischen|weniger als|mehr als|größer als|kleiner als|knapp unter|knapp über|eins weniger|eins mehr"
    "|vor|nach|neben|hälfte|doppelt|doppelte",
    "counter": "schritt|hinweis|tipp|frage|teil|aufgabe|kapitel|seite|stufe|abbildung|zeile|klasse|regel|abschnitt"
    "|beispiel|tabelle|lektion|absatz|punkt",
    "counted": "schritte|schritt|hinweise|seiten|terme|dinge|wege|minuten|fragen|teile|beispiele|sätze|wörter|punkte"
    "|unbekannte|mal|stunden|tage|ideen|arten|zeilen|fälle|zahlen|gleichungen|quellen|absätze|argumente|größen"
    "|atome|elemente|moleküle",
    "operation": "durch|von|subtrahiere|addiere|dividiere|multipliziere|minus|plus|mal|die|der|potenz|faktor|mit|teile",
    "digit": "ziffer|ziffern|zähler|nenner|zehner|einer|hunderter|beginnt mit|endet auf|endet mit|koeffizient"
    "|koeffizienten|zehnerstelle|einerstelle",
    "letter": "buchstabe|buchstaben|anfangsbuchstabe|silbe|beginnt mit|endet mit|endet auf|reimt sich",
    "backwards": "rückwärts|umgekehrt|gespiegelt|von hinten",
    "option": "option|wahl|buchstabe|antwort|antwortmöglichkeit|wähle|nimm|kreuze|möglichkeit",
    "point": "komma",
    "and": "und",
    "plus": "plus",
    "minus": "minus|weniger",
    "times": "mal",
    "over": "durch|geteilt durch",
    "of": "von",
    "double": "doppelte von|das doppelte von|zweimal",
    "power": "hoch",
    "root": "wurzel aus|quadratwurzel aus|wurzel von",
    "more": "mehr als|größer als",
    "less": "weniger als|kleiner als",
    "equals": "ist|ist gleich|gleich|ergibt|muss sein",
    "work": "ich habe|ich rechne|ich komme auf|ich denke|ich glaube|mein ansatz|mein versuch",
    "order": "löse|berechne|bestimme|finde|leite|beweise|vereinfache|faktorisiere|nenne|liste|beschreibe|definiere"
    "|erkläre|erläutere|vergleiche|diskutiere|übersetze|konjugiere|ergänze|zeige|fasse|ordne|zeichne|schreib"
    "|schreibe|gib|sag|analysiere|interpretiere|integriere|begründe|gleiche|aufgabe|übung",
    "instruct": "miss|messe|notiere|beobachte|wiege|erhitze|mische|verwende|lies|bereite|gib|wiederhole"
    "|bringe|beantworte|wähle",
    "compose": "schreib|schreibe|schreiben|schreibst|verfasse|verfassen|formuliere|formulieren|formulierst|entwirf"
    "|entwerfen|übersetze|übersetzen|übersetzt|paraphrasiere|umschreibe|umformulieren|ergänze|vervollständige"
    "|setze fort|erstelle|fasse|zusammenfassen|schreibt",
    "piece": "einleitung|absatz|absätze|schluss|schlussteil|aufsatz|aufsatzes|text|fazit|essay|essays|hauptteil"
    "|zusammenfassung|satz|sätze|erörterung|bericht|gedicht|brief|these|antwort|abschnitt|rede|geschichte|analyse"
    "|artikel|kapitel",
    "wish": "gib mir|gib|mach|mach mir|brauche|beginne|erstelle|zeig mir|will|möchte|bitte",
    "prose": "in einem absatz|als absatz|in zwei absätzen|als fließtext|als aufsatz|in einem aufsatz|zum abgeben"
    "|fertig zum abgeben",
}

NUMBERS: dict[int, str] = {
    **numerals("null|nul ein|eins|eine|einen|einer zwei|zwo drei vier fünf|fuenf sechs sieben acht neun"),
    **numerals("zehn elf zwölf|zwoelf dreizehn vierzehn fünfzehn|fuenfzehn sechzehn siebzehn achtzehn", start=10),
    19: "neunzehn",
    **numerals("zwanzig dreißig|dreissig vierzig fünfzig|fuenfzig sechzig siebzig achtzig neunzig", start=20, step=10),
    100: "hundert",
    1000: "tausend",
    10**6: "million|millionen",
}

COLLECTIVES: dict[int, str] = {2: "paar|paare", 12: "dutzend|dutzende", 60: "schock", 144: "gros"}
"""Words that count several at once."""

DENOMINATORS: dict[int, str] = {
    2: "halb|halbe|halbes|hälfte",
    3: "drittel",
    4: "viertel",
    5: "fünftel",
    6: "sechstel",
    7: "siebtel",
    8: "achtel",
    9: "neuntel",
    10: "zehntel",
    12: "zwölftel",
    16: "sechzehntel",
    20: "zwanzigstel",
    100: "hundertstel",
}

ORDINALS = (
    "erste|ersten|erster zweite|zweiten|zweiter dritte|dritten vierte|vierten fünfte|fünften sechste siebte achte"
)
