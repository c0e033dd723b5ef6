"""Spanish phrases for quick add: for each kind, the phrases of a value, separated by `|`."""

CODE = "es"
NEXT_SKIPS_A_WEEK = False
"""“próximo viernes” primarily means the coming friday; the friday of next week is the other choice."""

WORDS: dict[str, dict[int, str]] = {
    "day": {0: "hoy", 1: "mañana", 2: "pasado mañana"},
    "tonight": {9 * 60: "esta mañana", 15 * 60: "esta tarde", 20 * 60: "esta noche"},
    "part": {
        9 * 60: "por la mañana|en la mañana|temprano|mañana|mañanas",
        15 * 60: "por la tarde|en la tarde|tarde|tardes",
        20 * 60: "por la noche|en la noche|noche|noches",
    },
    "weekday": {
        0: "lunes|lun",
        1: "martes|mar",
        2: "miércoles|mie",
        3: "jueves|jue",
        4: "viernes|vie",
        5: "sábado|sab",
        6: "domingo|dom",
    },
    "each": {
        0: "los lunes",
        1: "los martes",
        2: "los miércoles",
        3: "los jueves",
        4: "los viernes",
        5: "los sábados|sábados",
        6: "los domingos|domingos",
    },
    "month": {
        1: "enero|ene",
        2: "febrero|feb",
        3: "marzo|mar",
        4: "abril|abr",
        5: "mayo|may",
        6: "junio|jun",
        7: "julio|jul",
        8: "agosto|ago",
        9: "septiembre|setiembre|sep|sept|set",
        10: "octubre|oct",
        11: "noviembre|nov",
        12: "diciembre|dic",
    },
    "unit": {1: "día|días", 7: "semana|semanas", 30: "mes|meses", 365: "año|años"},
    "span": {1: "m|min|mins|minuto|minutos", 60: "h|hs|hora|horas"},
    "length": {
        15: "un cuarto de hora|cuarto de hora",
        30: "media hora",
        45: "tres cuartos de hora",
        90: "hora y media|una hora y media",
    },
    "amount": {
        1: "un|una|uno",
        2: "dos",
        3: "tres",
        4: "cuatro",
        5: "cinco",
        6: "seis",
        7: "siete",
        8: "ocho",
        9: "nueve",
        10: "diez",
        11: "once",
        12: "doce",
        15: "quince",
    },
    "next": {1: "próximo|próxima|el próximo|la próxima|que viene|siguiente|el siguiente|la siguiente"},
    "this": {1: "este|esta"},
    "every": {1: "cada|todos los|todas las|todo"},
    "freq": {
        1: "diariamente|a diario|diario",
        7: "semanalmente|semanal",
        14: "quincenalmente",
        30: "mensualmente|mensual",
        365: "anualmente|anual",
    },
    "ordinal": {
        1: "primer|primero|primera|primeros",
        2: "segundo|segunda",
        3: "tercer|tercero|tercera",
        4: "cuarto|cuarta",
        -1: "último|última|últimos",
    },
    "by": {1: "para|para el|para la|antes de|antes del|entregar el|vence|vence el|a más tardar|a más tardar el"},
    "until": {1: "hasta|hasta el|hasta la"},
    "on": {1: "el|la|el día|desde el|del|a partir del"},
    "at": {1: "a las|a la|las|para las|antes de las|sobre las|a eso de las|desde las|hasta las|de las"},
    "from": {1: "de"},
    "in": {1: "en|dentro de"},
    "for": {1: "durante|por|unos|unas|~"},
    "times": {1: "veces|vez"},
    "of": {1: "de|del|de el"},
    "and": {1: "y|e|&|,|y los|y el|+|, y|o"},
    "clock": {12 * 60: "mediodía|al mediodía|a mediodía", 24 * 60: "medianoche|a medianoche|a la medianoche"},
    "plus": {30: "y media", 15: "y cuarto", -15: "menos cuarto"},
    "halfday": {
        0: "de la mañana|de la madrugada|am|a.m.",
        12: "de la tarde|de la noche|pm|p.m.|por la tarde|por la noche",
    },
    "oclock": {1: "horas|hrs", 0: "en punto"},
    "to": {1: "a|a las|hasta|hasta las"},
    "weekend": {1: "fin de semana|finde"},
    "set": {5: "días laborables|días hábiles|día laborable|día hábil", 2: "fines de semana|fin de semana|finde"},
    "days": {5: "entre semana|de lunes a viernes", 2: "los fines de semana|fines de semana"},
    "end": {
        7: "fin de la semana|final de la semana|finales de semana",
        30: "fin de mes|a fin de mes|final de mes|a final de mes|finales de mes|a finales de mes|fin del mes",
        365: "fin de año|final de año|a fin de año|finales de año",
    },
    "ofmonth": {1: "del mes|de cada mes|de mes|al mes"},
    "after": {1: "tras completar|al completar|después de completar|tras terminar|al terminar"},
    "low": {1: "baja|bajo"},
    "medium": {1: "media|medio|normal"},
    "high": {1: "alta|alto|importante"},
    "urgent": {1: "urgente"},
}

AMBIGUOUS = (
    "lun mar mie jue vie sab dom m la las en el por am o e set once todo un una diario semanal mensual anual ago a"
)

FUNCTION_WORDS = """\
el la los las un una unos de del y o con para por en al que mi tu su es son se lo no a antes entregar
estudiar leer escribir hacer repasar terminar comprar llamar preparar hasta sobre como pero más muy cada esta este
capítulo página ejercicio tarea examen"""

DANGLING = "a el la los las en de del para por y o con antes hasta cada desde durante al que las sobre vence"

COUNTED_NOUNS = """\
capítulo capítulos cap página páginas pág pag págs p ejercicio ejercicios ej tema temas aula sala unidad
unidades lección lecciones parte problema problemas pregunta preguntas sección nivel grupo número núm num nro hoja
hojas apartado módulo semana libro tomo línea figura tabla bloque puerta vuelo artículo párrafo versículo punto
puntos"""
