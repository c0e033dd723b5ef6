"""French words of the tutor: the phrases of each kind, separated by `|`, and the names of numbers."""

from __future__ import annotations

from studyteddy.features.ai.tutoring.languages.numerals import numerals

CODE = "fr"

WORDS: dict[str, str] = {
    "give": "donne|dis|montre|écris|révèle|envoie|résous|fais|traduis",
    "solution": "réponse|réponses|solution|résultat|dernière étape|devoir|devoirs",
    "demand": "dis moi juste|donne moi juste|fais le pour moi|résous le",
    "help": "aide|aidez|indice|bloqué|bloquée|je ne sais pas|je ne comprends pas|étape suivante|comment faire|piste",
    "similar": "problème similaire|exercice similaire|exemple similaire|question similaire|autres nombres"
    "|autres valeurs|exemple résolu",
    "question": "que|quoi|pourquoi|comment|quand|quel|quelle|où|qui|est ce que|peux tu|pouvez vous|puis je",
    "concept": "qu est ce|explique|que signifie|signifie|définition|différence entre|pourquoi est|concept",
    "reason": "parce que|car|donc|alors|ensuite|d abord|puisque|je pense|j ai|puis|ainsi",
    "claim": "professeur|prof|autorisé|permission|développeur|instructions|système|règles|ignore|fais semblant"
    "|jeu de rôle|ma mère|s il te plaît|délai|urgent",
    "greeting": "bonjour|salut|merci|d accord|compris",
    "guess": "est ce|c est|la réponse est|peut être|je devine|j ai raison|est correct|est juste",
    "yes": "oui|exact|exactement|correct|juste|c est ça|bravo|parfait|c est bon|tout à fait|bien joué|bonne réponse"
    "|bien sûr|en effet",
    "no": "non|pas|faux|incorrect|presque|trop|plus grand|plus petit|malheureusement|erreur|ni",
    "answer": "réponse|résultat|solution|vaut|valeur|égale|obtient|obtiens|trouve|donne|sortie",
    "is": "est|sont|vaut|égale|égal|donne|fait|obtient|trouve|devient|c est",
    "about": "environ|à peu près|presque|autour de",
    "near": "entre|moins de|plus de|plus que|moins que|juste avant|juste après|moitié|double",
    "counter": "étape|indice|question|partie|exercice|chapitre|page|niveau|figure|ligne|règle|section|exemple",
    "counted": "étapes|indices|côtés|membres|termes|choses|façons|minutes|questions|parties|exemples|phrases|mots"
    "|points|inconnues|fois|heures|jours|idées|lignes|nombres|atomes",
    "operation": "par|de|soustrais|ajoute|divise|multiplie|moins|plus|fois|puissance|facteur|soustraire|ajouter",
    "digit": "chiffre|chiffres|numérateur|dénominateur|dizaines|unités|commence par|se termine par|coefficient",
    "letter": "lettre|lettres|initiale|syllabe|commence par|se termine par|rime avec",
    "backwards": "à l envers|inversé|renversé",
    "option": "option|choix|lettre|réponse|choisis|coche|prends",
    "point": "virgule",
    "and": "et",
    "plus": "plus",
    "minus": "moins",
    "times": "fois|multiplié par",
    "over": "sur|divisé par",
    "of": "de",
    "double": "double de|le double de",
    "power": "puissance|exposant",
    "root": "racine de|racine carrée de",
    "more": "de plus que",
    "less": "de moins que",
    "equals": "est|égale|vaut|est égal à|donne|fait",
    "work": "j ai|je pense|je trouve|je calcule",
    "order": "résous|calcule|détermine|trouve|prouve|démontre|simplifie|factorise|nomme|cite|décris|définis|explique"
    "|compare|discute|traduis|conjugue|complète|montre|résume|classe|dessine|écris|donne|dis|analyse|justifie"
    "|exercice",
    "instruct": "mesure|mesurez|note|notez|observe|observez|pèse|chauffe|utilise|lis|lisez|prépare|rends|répète"
    "|réponds|choisis",
    "compose": "écris|rédige|formule|paraphrase|reformule|traduis|continue|termine|complète|résume|écrire|rédiger",
    "piece": "paragraphe|introduction|conclusion|dissertation|texte|résumé|rapport|lettre|histoire|poème|discours"
    "|article|phrase|phrases|rédaction|réponse",
    "wish": "donne moi|fais|besoin|commence|montre moi|veux",
    "prose": "en un paragraphe|dans un paragraphe|sous forme de dissertation|prêt à rendre",
}

NUMBERS: dict[int, str] = {
    **numerals("zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"),
    17: "dix sept",
    18: "dix huit",
    19: "dix neuf",
    **numerals("vingt|vingts trente quarante cinquante soixante", start=20, step=10),
    70: "soixante dix|septante",
    80: "quatre vingt|quatre vingts|huitante|octante",
    90: "quatre vingt dix|nonante",
    100: "cent|cents",
    1000: "mille",
    10**6: "million|millions",
}
_TEENS = ("onze", "douze", "treize", "quatorze", "quinze", "seize", "dix sept", "dix huit", "dix neuf")
NUMBERS |= {71 + at: f"soixante {teen}|soixante et {teen}" for at, teen in enumerate(_TEENS)}
NUMBERS |= {91 + at: f"quatre vingt {teen}" for at, teen in enumerate(_TEENS)}

COLLECTIVES: dict[int, str] = {2: "paire|paires", 12: "douzaine|douzaines", 144: "grosse|grosses"} | {
    10 * at: f"{name}|{name}s" for at, name in enumerate(["dizaine", "vingtaine", "trentaine", "quarantaine"], 1)
}
"""Words that count several at once."""

DENOMINATORS: dict[int, str] = {
    2: "demi|demie|demis|moitié",
    3: "tiers",
    4: "quart|quarts",
    5: "cinquième|cinquièmes",
    6: "sixième|sixièmes",
    7: "septième|septièmes",
    8: "huitième|huitièmes",
    9: "neuvième|neuvièmes",
    10: "dixième|dixièmes",
    100: "centième|centièmes",
}

ORDINALS = "premier|première deuxième|second|seconde troisième quatrième cinquième sixième septième huitième"
