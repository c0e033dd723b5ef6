"""German: titles begin with an imperative (“Lies …”).

An infinitive at the end (“Kapitel 5 lesen”) is accepted as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from studyteddy.features.ai.splitting.languages.wording import Wording

_ESSAY = """
Recherchiere das Thema und plane die Argumentation
    Recherchiere das Thema
        15 Lies die Aufgabenstellung und markiere die Anforderungen
        Arbeite die Quellen durch
            40 Suche verlässliche Quellen
            60 Lies die Quellen und mache dir Notizen
    Plane die Argumentation
        20 Formuliere deine These in einem Satz
        30 Gliedere den Text Absatz für Absatz
Schreibe den ersten Entwurf
    Schreibe die Einleitung und den Hauptteil
        25 Schreibe die Einleitung
        Schreibe den Hauptteil
            45 Schreibe die erste Hälfte des Hauptteils
            45 Schreibe die zweite Hälfte des Hauptteils
    25 Schreibe den Schluss
Überarbeite den Text und stelle ihn fertig
    Überarbeite den Entwurf
        30 Prüfe die Argumentation und den Aufbau
        20 Ergänze und prüfe die Quellenangaben
    Stelle den Text fertig
        20 Korrigiere Rechtschreibung und Grammatik
        10 Formatiere den Text und gib ihn ab
"""
_PROBLEM_SET = """
Wiederhole den Stoff
    Lies die Aufgaben und kläre, was sie verlangen
        10 Lies alle Aufgaben einmal durch
        10 Notiere die Themen, die du brauchst
    Wiederhole die Themen
        30 Wiederhole deine Notizen zu diesen Themen
        25 Sieh dir zu jedem Thema ein Beispiel an
Löse die Aufgaben
    Löse die leichteren Aufgaben
        25 Löse die Aufgaben, die du sofort kannst
        30 Löse die Aufgaben, die eine neue Idee brauchen
    Löse die schwierigeren Aufgaben
        40 Bearbeite die schwierigsten Aufgaben
        30 Kehre zu den ausgelassenen Aufgaben zurück
Prüfe die Lösungen und stelle sie fertig
    Prüfe die Lösungen
        20 Rechne jedes Ergebnis nach
        20 Begründe jeden Schritt deiner Lösungen
    Stelle die Lösungen fertig
        25 Schreibe die Lösungen sauber auf
        5 Vergleiche sie mit dem Blatt und gib sie ab
"""
_LAB_REPORT = """
Bereite die Theorie und die Daten vor
    Bereite die Theorie vor
        15 Lies die Anleitung für das Protokoll
        30 Fasse die Theorie des Versuchs zusammen
    Werte die Messungen aus
        25 Ordne die Rohdaten
        35 Berechne die Ergebnisse und ihre Unsicherheiten
Schreibe das Protokoll
    Schreibe über die Durchführung und die Ergebnisse
        25 Beschreibe die Durchführung
        Stelle die Ergebnisse dar
            25 Zeichne die Diagramme und Tabellen
            25 Beschreibe die Ergebnisse in Worten
    Schreibe die Diskussion und den Rahmen
        40 Diskutiere die Ergebnisse und die Fehlerquellen
        25 Schreibe die Einleitung und das Fazit
Überarbeite das Protokoll und stelle es fertig
    Überarbeite das Protokoll
        15 Prüfe Einheiten, Beschriftungen und Zahlen
        15 Prüfe die Quellenangaben
    Stelle das Protokoll fertig
        15 Korrigiere die Rechtschreibung
        10 Formatiere das Protokoll und gib es ab
"""
_READING = """
Bereite die Lektüre vor
    Verschaffe dir einen Überblick über den Text
        5 Lies die Aufgabe und notiere, worauf du achten sollst
        10 Überfliege die Überschriften und die Zusammenfassung
    10 Schreibe Fragen an den Text auf
Lies den Text und mache dir Notizen
    Lies die erste Hälfte und mache dir Notizen
        30 Lies das erste Viertel und mache dir Notizen
        30 Lies das zweite Viertel und mache dir Notizen
    Lies die zweite Hälfte und mache dir Notizen
        30 Lies das dritte Viertel und mache dir Notizen
        30 Lies das letzte Viertel und mache dir Notizen
Wiederhole das Gelesene
    Fasse das Gelesene zusammen
        15 Schlage unbekannte Wörter und Begriffe nach
        20 Fasse den Text in eigenen Worten zusammen
    Prüfe dein Verständnis
        15 Beantworte deine Fragen aus dem Gedächtnis
        10 Notiere, was noch unklar ist
"""
_EXAM_PREPARATION = """
Sammle die Themen und plane die Wiederholung
    Sammle die Themen
        15 Liste die Themen der Prüfung auf
        20 Sammle Notizen, Folien und Übungen
    Plane die Wiederholung
        10 Schätze ein, wie gut du jedes Thema kannst
        10 Wähle für jedes Thema einen Tag
Wiederhole die Themen der Prüfung
    Wiederhole die Themen, die du am wenigsten kannst
        45 Wiederhole die schwierigsten Themen
        45 Übe Aufgaben zu den schwierigsten Themen
    Wiederhole die anderen Themen
        40 Gehe die übrigen Themen durch
        35 Übe Aufgaben zu den übrigen Themen
Teste dich und schließe die Lücken
    Übe unter Prüfungsbedingungen
        60 Löse eine Probeprüfung auf Zeit
        25 Korrigiere die Probeprüfung und notiere deine Fehler
    Schließe die Lücken
        30 Arbeite nach, was nicht geklappt hat
        20 Rufe die wichtigsten Ideen ohne Notizen ab
"""
_PROJECT = """
Plane das Projekt
    Kläre das Ziel
        15 Lies die Aufgabenstellung und liste die Anforderungen auf
        20 Entscheide dich für ein Thema und ein Ziel
    Plane die Arbeit
        20 Teile die Arbeit in Abschnitte auf
        40 Sammle das Material, das du brauchst
Führe das Projekt durch
    Erstelle eine erste Fassung
        50 Erstelle den Kern des Projekts
        50 Ergänze die übrigen Teile
    Verbessere die erste Fassung
        30 Prüfe das Ergebnis an den Anforderungen
        30 Verbessere den schwächsten Teil
Stelle das Projekt fertig und präsentiere es
    Dokumentiere die Arbeit
        30 Beschreibe das Projekt und seine Entstehung
        20 Kontrolliere noch einmal jede Anforderung
    Bereite die Abgabe vor
        20 Bereite die Präsentation vor
        10 Stelle alles zusammen und gib es ab
"""
_BREAKDOWN = """
Bereite die Arbeit vor
    10 Überlege, wie das Ergebnis aussehen soll
    10 Sammle, was du brauchst
Erledige die Arbeit
    Erledige die erste Hälfte
        25 Beginne mit dem leichtesten Teil
        25 Mache mit dem nächsten Teil weiter
    Erledige die zweite Hälfte
        25 Bearbeite den schwierigsten Teil
        25 Ergänze, was noch fehlt
Prüfe die Arbeit
    10 Prüfe das Ergebnis
    10 Verbessere, was dir aufgefallen ist
"""
_INFINITIVES = """
    abgeben ableiten abrufen abschließen achten analysieren anfertigen angeben anlegen annotieren anschauen ansehen
    antworten anwenden arbeiten argumentieren aufbauen auflisten aufschreiben aufteilen ausdrucken ausfüllen
    auswendiglernen auswerten auswählen bauen beachten beantworten bearbeiten beenden befragen beginnen begründen
    belegen benennen beobachten berechnen bereiten beschaffen beschreiben beschriften besorgen besprechen bestimmen
    betrachten beurteilen beweisen bewerten bilden bringen darstellen debuggen definieren denken diskutieren
    dokumentieren drucken durcharbeiten durchführen durchgehen durchlesen einfügen einleiten einordnen einreichen
    einrichten einüben entscheiden entwerfen entwickeln erarbeiten erfassen ergänzen erklären ersetzen erledigen
    erläutern ermitteln erstellen erweitern experimentieren exportieren fassen fertigstellen festhalten festlegen
    filmen finden formatieren formulieren forschen fortsetzen fotografieren fragen führen füllen geben gehen
    gestalten gliedern gruppieren halten herausarbeiten herausfinden herleiten hochladen holen hören identifizieren
    implementieren installieren interpretieren interviewen kehren klären kommentieren konstruieren kontrollieren
    konzipieren korrigieren kürzen laden legen leiten lernen lesen listen lösen machen markieren memorieren merken
    messen modellieren nachlesen nachrechnen nachschlagen nehmen nennen notieren nummerieren nutzen ordnen
    organisieren paraphrasieren planen polieren probieren programmieren protokollieren präsentieren prüfen
    recherchieren rechnen rechtfertigen reflektieren reichen richten rufen sammeln schauen schicken schlagen
    schließen schneiden schreiben schätzen sehen setzen sichern sichten simulieren skizzieren sortieren speichern
    sprechen starten stellen strukturieren studieren suchen teilen testen tippen tragen trainieren transkribieren
    treffen trennen tun umformulieren umschreiben umsetzen unterscheiden unterstreichen untersuchen verarbeiten
    verbessern verbinden vereinbaren verfassen verfeinern verfolgen vergleichen verknüpfen verschaffen verstehen
    versuchen verteilen vertiefen vervollständigen verwenden visualisieren vollenden vorbereiten vorlesen vorstellen
    vortragen weiterarbeiten weitermachen werfen werten widerlegen wiederholen wählen zeichnen zeigen zerlegen ziehen
    zitieren zuordnen zusammenfassen zusammenstellen zusammentragen zuschneiden zählen öffnen üben überarbeiten
    überdenken überfliegen überlegen überprüfen übersetzen übertragen"""
_IRREGULAR_IMPERATIVES = "lies gib nimm sieh besprich sprich miss entwirf wirf triff tu tue hilf iss vergiss"


def _imperatives() -> Iterator[str]:
    """Yield both forms of the imperative of each verb: “schreib” and “schreibe”, “sammel” and “sammle”."""
    yield from _IRREGULAR_IMPERATIVES.split()
    for verb in _INFINITIVES.split():
        stem = verb.removesuffix("n").removesuffix("e")
        yield from (stem, f"{stem}e", f"{stem[:-2]}le" if stem.endswith("el") else stem)


_WORK = (
    r"(?:aufsatz|essay|hausarbeit|facharbeit|seminararbeit|arbeit|aufgaben?|hausaufgaben?|bericht|protokoll"
    r"|lösung(?:en)?|antworten|referat|projekt)"
)
_TEXT = (
    r"(?:aufsätze?|aufsatz|essays?|hausarbeit(?:en)?|facharbeit(?:en)?|seminararbeit(?:en)?|referate?|hausaufgaben?)"
)
_FRIEND = (
    r"(?:(?:eine[sr]|deine[sr]) (?:freund(?:es|in)|mitschüler(?:s|in)|kommilitonen|kommilitonin)"
    r"|von (?:eine[mr]|deine[mr]) (?:freund(?:in)?|mitschüler(?:in)?|kommilitonen|kommilitonin)"
    r"|anderer (?:schüler|studenten|studierender)|von anderen)"
)
_OTHERS = (
    r"(?:jemand(?:em|en)?(?: anders| anderen| anderem)?"
    r"|(?:ein|einen|einem|dein|deinen|deinem) (?:freund|mitschüler|ghostwriter|kommilitonen?))"
)
_MAKE = r"(?:schreiben|lösen|machen|erledigen|erstellen)"
_MACHINE = r"(?:chat ?gpt|gpt|gemini|copilot|claude|(?:von |durch )?(?:eine |einer |die |der )?ki)"

WORDING = Wording(
    outlines={
        "essay": _ESSAY,
        "problem_set": _PROBLEM_SET,
        "lab_report": _LAB_REPORT,
        "reading": _READING,
        "exam_preparation": _EXAM_PREPARATION,
        "project": _PROJECT,
    },
    breakdown=_BREAKDOWN,
    read="Lies {item}",
    work_on={
        "essay": "Bearbeite {item}",
        "problem_set": "Löse {item}",
        "lab_report": "Bearbeite {item}",
        "reading": "Bearbeite {item}",
        "exam_preparation": "Wiederhole {item}",
        "project": "Bearbeite {item}",
    },
    and_more="{title} (und {count} weitere)",
    unnamed_item="Punkt {number} der Liste",
    quoted="„{text}“",
    piece="{title} (Teil {number} von {count})",
    notes={
        "empty": "Die Aufgabenstellung enthält keinen Text, deshalb sind die Schritte allgemein.",
        "overdue": "Der Abgabetermin ist vorbei, deshalb haben die Schritte kein Datum.",
        "short": "Für so viele Schritte ist wenig Zeit: Manche dauern weniger als fünf Minuten.",
        "long": "Manche Schritte dauern mehr als acht Stunden. Wähle mehr Schritte.",
        "partial": "Die Liste in der Aufgabenstellung ist sehr lang; die Schritte umfassen die ersten {count} Punkte.",
        "fewer": "Die Zeit ist knapp, deshalb sind es weniger Schritte als gewünscht.",
        "more": "Es sind mehr Schritte als gewünscht, damit keiner länger als acht Stunden dauert.",
        "crowded": "Die Zeit bis zum Abgabetermin reicht kaum: Das sind etwa {hours} Stunden am Tag.",
        "ratio": "Die Minuten sind {percent} % der üblichen Schätzung: So viel brauchten deine erledigten Aufgaben.",
        "cut": "Die Aufgabenstellung ist sehr lang. Nur ihre ersten {count} Zeichen wurden gelesen.",
        "used_up": "Die KI-Tokens von heute reichen dafür nicht, deshalb kommen die Schritte aus einer Vorlage.",
        "failed": "Die KI gab keine brauchbare Antwort, deshalb kommen die Schritte aus einer Vorlage.",
        "unserved": "Diese Anforderung der Aufgabenstellung deckt kein Schritt ab: {text}",
    },
    title_verbs=" ".join(_imperatives()),
    other_verbs=_INFINITIVES,
    final_verbs=_INFINITIVES,
    labels="frage versuch test liste plan film antwort arbeit experiment start rechnung",
    dishonest=(
        rf"(?:kauf|kaufe|bestell|bestelle|bezahle) (?:dir )?(?:einen |eine |ein |den |die |das )?(?:\w+ )?{_WORK}",
        rf"{_WORK} (?:\w+ ){{0,3}}(?:kaufen|bestellen|abschreiben|schreiben lassen|machen lassen)\b",
        rf"lass(?:e)? (?:dir )?(?:\w+ ){{0,5}}(?:{_OTHERS}|{_MACHINE}) (?:\w+ ){{0,5}}{_MAKE}\b",
        rf"von (?:{_MACHINE}|{_OTHERS}) (?:\w+ ){{0,4}}{_MAKE} lassen\b",
        rf"bitte (?:{_MACHINE}|{_OTHERS}) (?:\w+ ){{0,5}}zu {_MAKE}\b",
        r"(?:kopier|kopiere|schreib|schreibe) (?:\w+ ){0,6}"
        r"(?:aus dem internet|(?:aus|von) (?:der )?wikipedia|von einem mitschüler|von einer website|von deinem freund)",
        rf"(?:kopier|kopiere) (?:die |eine |fremde )?{_WORK}",
        r"(?:aus dem internet|von wikipedia) (?:\w+ ){0,3}(?:kopieren|abschreiben|übernehmen)",
        r"(?:gib|reiche|reich|präsentiere|verwende) (?:\w+ ){0,7}als (?:deine eigene|dein eigenes|deinen eigenen)",
        r"(?:gib|reiche|reich|lade) (?:\w+ ){0,3}(?:fremde|eine[sr] anderen|deines freundes|eines freundes)\b",
        r"(?:umgehe|überliste|täusche) (?:\w+ ){0,4}(?:plagiat\w*|detektor|turnitin|erkennung)",
        r"(?:erfinde|fälsche|fälsch) (?:\w+ ){0,3}(?:daten|messwerte|ergebnisse|quellen|zitate)",
        r"(?:besorg|besorge|benutze) (?:\w+ ){0,3}(?:spickzettel|geleakte\w*|gestohlene\w*)",
        r"(?:nutze?|benutze?|verwende|beauftrage?|engagiere?|kontaktiere?|suche?|finde|nimm|bezahle?) (?:\w+ ){0,3}"
        r"(?:ghostwrit\w+|hausarbeiten ?(?:service|agentur|börse)|essay (?:mill|service)|schreibagentur\w*)",
        rf"(?:lade?|suche?|besorge?|hole?|nimm|nutze?|verwende|finde|kopiere?) (?:dir )?(?:ein |eine |einen )?"
        rf"(?:fertige[nrs]?|fremde[nrs]?|alte[nrs]?) (?:\w+ )?{_TEXT}\b",
        rf"(?:paraphrasiere?|formuliere?|schreibe?|übernimm|kopiere?|verändere|ändere) (?:\w+ ){{0,3}}"
        rf"(?:{_TEXT}|{_WORK}) {_FRIEND}\b",
        rf"(?:paraphrasiere?|formuliere?|übernimm|kopiere?) (?:ein|eine|einen) (?:alte[ns]?|fertige[ns]?|fremde[ns]?)"
        rf" (?:\w+ )?{_TEXT}\b",
        r"(?:ändere?|tausche?|ersetze?) (?:\w+ ){0,4}(?:wörter|worte|sätze) (?:\w+ ){0,5}"
        r"(?:niemand|plagiat\w*|nicht auffällt|nicht erkannt)",
    ),
    unsafe=(
        r"(?:gib|schick|schicke|sende|teile|nenne|bestätige|verrate|tippe) (?:\w+ ){0,4}(?:dein|deine|deinen|ihr|ihre)"
        r" (?:\w+ ){0,2}(?:passwort|kennwort|pin|kreditkarte\w*|bankdaten|zugangsdaten|login)",
        r"(?:klick|klicke|öffne|folge|besuche) (?:auf )?(?:den|diesen|dem|diesem|einen) (?:\w+ ){0,2}(?:link|button)\b",
    ),
)
