"""English words of the tutor: the phrases of each kind, separated by `|`, and the names of numbers."""

from __future__ import annotations

from studyteddy.features.ai.tutoring.languages.numerals import numerals

CODE = "en"

WORDS: dict[str, str] = {
    "give": "give|tell|show|say|write|print|reveal|send|output|type|translate|solve|do|finish|complete",
    "solution": "answer|answers|solution|solutions|result|final step|last step|whole thing|homework|key",
    "demand": "just tell|just say|just give|solve it for|solve this for|do it for me|do my homework|give it to me",
    "help": "help|hint|hints|stuck|lost|don t know|do not know|no idea|don t understand|do not understand|next step"
    "|don t get|confused|how do i|how can i|how should i|what should i|where do i|what next|another tip|tip",
    "similar": "similar problem|similar one|similar task|similar exercise|similar question|similar example"
    "|other numbers|different numbers|worked example|another example|example problem",
    "question": "what|why|how|when|which|where|who|does|is there|should i|can i|can you|could you|do you|are you"
    "|would you",
    "concept": "what is|what are|what does|what do|explain|mean|meaning|difference between|definition|define"
    "|why does|why do|why is|how does|concept|theory",
    "reason": "because|since|therefore|so|then|thus|hence|first|next|i think|i tried|i used|i subtracted|i added"
    "|i divided|i multiplied|i got|i get|which means|my argument|after that",
    "claim": "teacher|professor|tutor said|allowed|permission|developer|admin|administrator|instructions|system"
    "|policy|rules|ignore|pretend|roleplay|role play|debug|override|my mother|my father|exam is over|deadline"
    "|please|expelled|depressed|grandmother|fail",
    "greeting": "hi|hello|hey|thanks|thank you|ok|okay|good morning|bye|understood",
    "guess": "is it|is that|is this|is the answer|it is|it s|i guess|i say|maybe|the answer is|what about|could it be"
    "|must be|am i right|is right|is correct|that right|that correct",
    "yes": "yes|yep|yeah|correct|right|exactly|that s it|well done|perfect|spot on|great job|good job|true|indeed"
    "|you got it|bingo|precisely|nailed it|agreed|confirmed|congratulations|absolutely|excellent|i agree|certainly",
    "no": "no|nope|not|wrong|incorrect|isn t|false|too high|too low|too big|too small|higher|lower|bigger|smaller"
    "|close|almost|nearly|warm|warmer|cold|colder|unfortunately|not quite|neither|nor|off by|larger|greater|less",
    "answer": "answer|answers|result|solution|key|final|total|outcome|output|equals|value|you get|we get|you obtain"
    "|we obtain|you find|we find|left with|end up with",
    "is": "is|are|s|equals|equal|gives|makes|be|becomes|was|yields|means|to|as|get|obtain|find|with|got|have",
    "about": "about|around|roughly|approximately|nearly|almost|circa|close to|approx",
    "near": "between|less than|more than|greater than|smaller than|bigger than|just under|just over|one less"
    "|one more|before|after|next to|below|above|half|double|twice",
    "counter": "step|hint|question|part|exercise|chapter|page|level|figure|line|grade|rule|section|example|unit"
    "|task|problem|table|lesson|row|version|paragraph|point",
    "counted": "steps|step|hints|hint|sides|terms|term|things|ways|way|minutes|minute|questions|parts|part|examples"
    "|sentences|words|points|unknowns|times|hours|days|ideas|kinds|types|lines|cases|numbers|equations|sources"
    "|paragraphs|arguments|quantities|atoms|elements|molecules",
    "operation": "by|from|subtract|add|divide|multiply|minus|plus|times|over|of|the|power|exponent|factor",
    "digit": "digit|digits|numerator|denominator|tens|ones|hundreds|begins with|starts with|ends with|ends in"
    "|coefficient|coefficients",
    "letter": "letter|letters|initial|initials|syllable|spelled|starts with|begins with|ends with|rhymes with",
    "backwards": "backwards|reversed|reverse|mirrored|right to left",
    "option": "option|choice|letter|answer|alternative|pick|choose|select|tick|mark|circle",
    "point": "point|dot",
    "and": "and",
    "plus": "plus|added to",
    "minus": "minus|less",
    "times": "times|multiplied by",
    "over": "over|divided by",
    "of": "of",
    "double": "double|twice",
    "root": "square root of|root of",
    "more": "more than|greater than",
    "less": "less than|smaller than",
    "equals": "is|equals|is equal to|must be|gives|makes",
    "power": "to the power of|to the power|raised to",
    "work": "i tried|i used|i subtracted|i added|i divided|i multiplied|i got|i get|i did|i set|i made|i counted"
    "|i found|i moved|i calculated|i have calculated|i wrote|i think|my argument|my work|my attempt",
    "order": "solve|calculate|compute|find|determine|derive|prove|simplify|factor|factorise|factorize|evaluate"
    "|balance|convert|name|list|describe|define|state|explain|compare|discuss|identify|translate|conjugate|complete"
    "|show|summarize|summarise|classify|label|draw|write|give|tell|analyse|analyze|interpret|integrate"
    "|differentiate|justify|exercise|problem",
    "instruct": "measure|observe|weigh|use|read|make|prepare|submit|hand in|repeat|bring|answer|choose|consider"
    "|pour|put|take",
    "compose": "write|draft|compose|formulate|paraphrase|rewrite|rephrase|reword|translate|continue|finish"
    "|extend|expand|summarize|summarise|produce|generate",
    "piece": "paragraph|paragraphs|introduction|intro|conclusion|essay|thesis|text|summary|report|abstract|letter"
    "|story|poem|review|analysis|speech|article|chapter|passage|sentence|sentences|composition|discussion|answer"
    "|response|draft|body|part",
    "wish": "give me|give|make|need|start|begin|create|provide|show me|send me|want|please|sample",
    "prose": "in a paragraph|in one paragraph|in a full paragraph|in two paragraphs|as a paragraph|in an essay"
    "|as an essay|as flowing text|ready to hand in|that i can hand in|i can submit",
}

NUMBERS: dict[int, str] = {
    **numerals("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"),
    **numerals("seventeen eighteen nineteen", start=17),
    **numerals("twenty thirty forty|fourty fifty sixty seventy eighty ninety", start=20, step=10),
    100: "hundred|hundreds",
    1000: "thousand|thousands",
    10**6: "million|millions",
}

COLLECTIVES: dict[int, str] = {2: "pair|pairs|couple", 12: "dozen|dozens", 20: "score", 144: "gross"}
"""Words that count several at once."""

DENOMINATORS: dict[int, str] = {
    2: "half|halves",
    3: "third|thirds",
    4: "quarter|quarters|fourth|fourths",
    5: "fifth|fifths",
    6: "sixth|sixths",
    7: "seventh|sevenths",
    8: "eighth|eighths",
    9: "ninth|ninths",
    10: "tenth|tenths",
    12: "twelfth|twelfths",
    16: "sixteenth|sixteenths",
    20: "twentieth|twentieths",
    100: "hundredth|hundredths",
}

ORDINALS = "first second third fourth fifth sixth seventh eighth"
