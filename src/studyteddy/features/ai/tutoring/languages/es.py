"""Spanish words of the tutor: the phrases of each kind, separated by `|`, and the names of numbers."""

from __future__ import annotations

from studyteddy.features.ai.tutoring.languages.numerals import numerals

CODE = "es"

WORDS: dict[str, str] = {
    "give": "da|dame|di|dime|muestra|muéstrame|escribe|revela|envía|resuelve|haz|traduce",
    "solution": "respuesta|respuestas|solución|resultado|último paso|tarea|deberes",
    "demand": "solo dime|dímelo|dámelo|hazlo por mí|resuélvelo|haz mi tarea",
    "help": "ayuda|ayúdame|pista|atascado|atascada|no sé|no entiendo|siguiente paso|cómo hago|qué hago",
    "similar": "problema similar|problema parecido|ejercicio similar|ejercicio parecido|ejemplo similar|otros números"
    "|ejemplo resuelto",
    "question": "qué|por qué|cómo|cuándo|cuál|dónde|quién|puedes|puedo|podrías",
    "concept": "qué es|qué significa|explica|explícame|definición|diferencia entre|significa|concepto",
    "reason": "porque|entonces|luego|primero|después|pues|pienso|creo|por tanto|así que|ya que",
    "claim": "profesor|profesora|permitió|permiso|desarrollador|instrucciones|sistema|reglas|ignora|finge"
    "|juego de rol|mi madre|por favor|plazo|urgente",
    "greeting": "hola|gracias|vale|buenos días|entendido",
    "guess": "es el|es la|la respuesta es|quizás|tal vez|adivino|tengo razón|es correcto|verdad",
    "yes": "sí|correcto|exacto|exactamente|perfecto|muy bien|así es|eso es|bien hecho|cierto|claro|en efecto|acertaste",
    "no": "no|incorrecto|falso|casi|demasiado|mayor|menor|mal|ni|tampoco|lamentablemente",
    "answer": "respuesta|resultado|solución|vale|valor|igual|obtienes|obtenemos|da|queda|salida",
    "is": "es|son|vale|igual|da|queda|obtienes|hace|sería",
    "about": "aproximadamente|cerca de|casi|unos|alrededor de",
    "near": "entre|menos de|más de|mayor que|menor que|antes de|después de|mitad|doble",
    "counter": "paso|pista|pregunta|parte|ejercicio|capítulo|página|nivel|figura|línea|regla|sección|ejemplo",
    "counted": "pasos|pistas|lados|términos|cosas|maneras|minutos|preguntas|partes|ejemplos|frases|palabras|puntos"
    "|incógnitas|veces|horas|días|ideas|líneas|números|átomos",
    "operation": "por|de|entre|resta|suma|divide|multiplica|menos|más|potencia|factor|restar|sumar",
    "digit": "dígito|dígitos|cifra|cifras|numerador|denominador|decenas|unidades|empieza por|termina en|coeficiente",
    "letter": "letra|letras|inicial|sílaba|empieza por|termina en|rima con",
    "backwards": "al revés|invertido|invertida",
    "option": "opción|letra|respuesta|elige|marca|escoge|alternativa",
    "point": "coma|punto",
    "and": "y",
    "plus": "más",
    "minus": "menos",
    "times": "por|multiplicado por",
    "over": "entre|sobre|dividido por|dividido entre",
    "of": "de",
    "double": "doble de|el doble de",
    "power": "elevado a|a la",
    "root": "raíz de|raíz cuadrada de",
    "more": "más que",
    "less": "menos que",
    "equals": "es|es igual a|igual a|vale|da",
    "work": "resto|sumo|divido|multiplico|he restado|he sumado|he dividido|obtuve|intenté|pienso|creo",
    "order": "resuelve|calcula|determina|encuentra|halla|demuestra|simplifica|factoriza|nombra|enumera|describe"
    "|define|explica|compara|discute|traduce|conjuga|completa|muestra|resume|clasifica|dibuja|escribe|da|di|analiza"
    "|justifica|ejercicio",
    "instruct": "mide|anota|observa|pesa|calienta|mezcla|usa|lee|prepara|entrega|repite|responde|elige|coloca",
    "compose": "escribe|redacta|formula|parafrasea|reformula|traduce|continúa|termina|completa|resume|escribir"
    "|redactar",
    "piece": "párrafo|introducción|conclusión|ensayo|texto|resumen|informe|carta|historia|poema|discurso|artículo"
    "|frase|frases|redacción|respuesta",
    "wish": "dame|haz|hazme|necesito|empieza|muéstrame|quiero",
    "prose": "en un párrafo|como ensayo|listo para entregar",
}

NUMBERS: dict[int, str] = {
    **numerals("cero un|uno|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"),
    **numerals("dieciséis diecisiete dieciocho diecinueve veinte veintiuno|veintiún veintidós veintitrés", start=16),
    **numerals("veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve", start=24),
    **numerals("treinta cuarenta cincuenta sesenta setenta ochenta noventa", start=30, step=10),
    100: "cien|ciento",
    **numerals("doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas", start=200, step=100),
    **numerals("quinientos|quinientas seiscientos|seiscientas setecientos|setecientas", start=500, step=100),
    **numerals("ochocientos|ochocientas novecientos|novecientas", start=800, step=100),
    1000: "mil",
    10**6: "millón|millones",
}

COLLECTIVES: dict[int, str] = {
    2: "par|pares",
    10: "decena|decenas",
    12: "docena|docenas",
    100: "centena|centenas",
    144: "gruesa|gruesas",
}
"""Words that count several at once."""

DENOMINATORS: dict[int, str] = {
    2: "medio|media|medios|mitad",
    3: "tercio|tercios",
    4: "cuarto|cuartos",
    5: "quinto|quintos",
    6: "sexto|sextos",
    7: "séptimo|séptimos",
    8: "octavo|octavos",
    9: "noveno|novenos",
    10: "décimo|décimos",
    100: "centésimo|centésimos",
}

ORDINALS = (
    "primera|primer|primero segunda|segundo tercera|tercer|tercero cuarta|cuarto quinta|quinto sexta séptima octava"
)
