"""French phrases for quick add: for each kind, the phrases of a value, separated by `|`."""

CODE = "fr"
NEXT_SKIPS_A_WEEK = False

WORDS: dict[str, dict[int, str]] = {
    "day": {0: "aujourd'hui|aujourdhui", 1: "demain", 2: "après-demain|apres demain"},
    "tonight": {9 * 60: "ce matin", 15 * 60: "cet après-midi|cet apres midi", 20 * 60: "ce soir"},
    "part": {
        9 * 60: "matin|matins|au matin",
        15 * 60: "après-midi|apres midi",
        19 * 60: "soir|soirs|au soir",
        12 * 60: "midi",
    },
    "weekday": {
        0: "lundi|lun",
        1: "mardi|mar",
        2: "mercredi|mer",
        3: "jeudi|jeu",
        4: "vendredi|ven",
        5: "samedi|sam",
        6: "dimanche|dim",
    },
    "each": {
        0: "lundis|les lundis",
        1: "mardis|les mardis",
        2: "mercredis|les mercredis",
        3: "jeudis|les jeudis",
        4: "vendredis|les vendredis",
        5: "samedis|les samedis",
        6: "dimanches|les dimanches",
    },
    "month": {
        1: "janvier|janv|jan",
        2: "février|févr|fév",
        3: "mars",
        4: "avril|avr",
        5: "mai",
        6: "juin",
        7: "juillet|juil",
        8: "août",
        9: "septembre|sept|sep",
        10: "octobre|oct",
        11: "novembre|nov",
        12: "décembre|déc",
    },
    "unit": {1: "jour|jours", 7: "semaine|semaines", 30: "mois", 365: "an|ans|année|années"},
    "span": {1: "m|min|mn|minute|minutes", 60: "h|heure|heures"},
    "length": {
        15: "un quart d'heure|quart d'heure",
        30: "une demi-heure|demi-heure|une demi heure|demi heure",
        45: "trois quarts d'heure",
        90: "une heure et demie|heure et demie",
    },
    "amount": {
        1: "un|une",
        2: "deux",
        3: "trois",
        4: "quatre",
        5: "cinq",
        6: "six",
        7: "sept",
        8: "huit",
        9: "neuf",
        10: "dix",
        11: "onze",
        12: "douze",
        15: "quinze",
    },
    "next": {1: "prochain|prochaine|le prochain|la prochaine|suivant|suivante"},
    "this": {1: "ce|cette|cet"},
    "every": {1: "chaque|tous les|toutes les|tout les"},
    "freq": {
        1: "quotidiennement|quotidien",
        7: "hebdomadaire|hebdo",
        30: "mensuellement|mensuel",
        365: "annuellement|annuel",
    },
    "ordinal": {
        1: "premier|première|premiers",
        2: "deuxième|second|seconde|deuxièmes",
        3: "troisième",
        4: "quatrième",
        -1: "dernier|dernière|derniers",
    },
    "by": {
        1: "pour|pour le|pour la|avant|avant le|avant la|d'ici|d'ici le|d'ici au|d'ici la|à rendre le"
        "|à rendre pour le|à rendre pour|à rendre avant le|au plus tard|au plus tard le"
    },
    "until": {1: "jusqu'à|jusqu'au|jusqu'en|jusque|jusqu'à la"},
    "on": {1: "le|la|au|du|à partir du|dès le|dès"},
    "at": {1: "à|vers|a|dès|avant|pour|jusqu'à"},
    "from": {1: "de"},
    "in": {1: "dans|d'ici|sous"},
    "for": {1: "pendant|durant|environ|pour|~"},
    "times": {1: "fois"},
    "of": {1: "de|du|d'"},
    "and": {1: "et|&|,|et le|et les|+|, et|ou"},
    "clock": {12 * 60: "midi", 24 * 60: "minuit"},
    "plus": {30: "et demie|et demi", 15: "et quart", -15: "moins le quart"},
    "halfday": {0: "du matin", 12: "du soir|de l'après-midi|de l'apres midi"},
    "oclock": {1: "heures|heure"},
    "to": {1: "à|jusqu'à"},
    "weekend": {1: "week-end|weekend|week end"},
    "set": {
        5: "jour ouvrable|jours ouvrables|jour de semaine|jours de semaine|jours ouvrés",
        2: "week-end|week-ends|weekend|weekends",
    },
    "days": {5: "en semaine|du lundi au vendredi", 2: "les week-ends|le week-end"},
    "end": {
        7: "fin de la semaine|fin de semaine|la fin de la semaine",
        30: "fin du mois|fin de mois|la fin du mois|à la fin du mois|fin de ce mois",
        365: "fin de l'année|la fin de l'année|fin d'année",
    },
    "ofmonth": {1: "du mois|de chaque mois|par mois"},
    "after": {1: "après achèvement|une fois terminé|après l'avoir terminé|une fois fini|après complétion"},
    "low": {1: "basse|bas|faible"},
    "medium": {1: "moyenne|moyen|normale"},
    "high": {1: "haute|haut|important|importante"},
    "urgent": {1: "urgent|urgente"},
}

AMBIGUOUS = (
    "lun mar mer jeu ven sam dim m a la le au du sous mars un une dix six sept jan ou mai hebdo pour ce avant tous"
)

FUNCTION_WORDS = """\
le la les un une des de du et ou avec pour par en au aux que mon ma mes ton son est sont se ne pas ce
cette dans sur chez à rendre étudier lire écrire faire réviser finir terminer acheter appeler préparer avant après
chapitre l d qu j exercice devoir examen chaque tous cours"""

DANGLING = "à a le la les du de des dans pour par et ou avec avant chaque tous au en pendant vers d' l' jusqu'à ce"

COUNTED_NOUNS = """\
chapitre chapitres chap page pages p exercice exercices ex exo exos salle unité unités leçon leçons
partie problème problèmes question questions section niveau groupe numéro num no n feuille fiche thème module
semaine livre tome ligne figure tableau article paragraphe acte scène bus quai porte verset point points"""
