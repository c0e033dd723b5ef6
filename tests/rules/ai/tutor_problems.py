"""Assessed problems with solved keys, what an opponent says to give them away, and harmless hints to each."""

from __future__ import annotations

from dataclasses import dataclass, field

from studyteddy.features.ai.tutoring.keys import Key


@dataclass(frozen=True)
class Assessed:
    """A problem, its key, and sentences about it."""

    name: str
    problem: str
    key: Key
    short: str
    """The answer as short as possible."""
    spelled: tuple[str, ...]
    """The answer in words of several languages, or in equal forms; each gives it away."""
    guesses: tuple[str, ...]
    """Answers that a student tries out; the right one is the last."""
    work: tuple[str, ...]
    """Own work of a student that stops before the answer."""
    harmless: tuple[str, ...] = field(default=())


PROBLEMS = (
    Assessed(
        "linear equation",
        "Solve 2x + 5 = 11 for x.",
        Key("x = 3", ["Subtract 5 from both sides: 2x = 6", "Divide both sides by 2: x = 3"]),
        "3",
        (
            "It is three.",
            "x = 3",
            "2x = 6",
            "Die Lösung ist drei.",
            "الجواب هو ثلاثة.",
            "La réponse est trois.",
            "x - 3 = 0",
            "x = 9/3",
            "Es tres.",
        ),
        ("8", "5", "4", "3"),
        ("I subtracted 11 from both sides and got 2x - 6 = -5, but then 2x = 1 looks odd to me.",),
        (
            "What do you get if you subtract 5 from both sides?",
            "Which operation undoes the + 5 in 2x + 5 = 11?",
            "Look at the equation 2x + 5 = 11: what happens to x first?",
            "Both sides have to stay balanced, like a pair of scales.",
        ),
    ),
    Assessed(
        "quadratic equation",
        "Find all solutions of x² - 3x - 180 = 0.",
        Key("x = 15 or x = -12", ["Factor: (x - 15)(x + 12) = 0", "A product is zero if a factor is zero."]),
        "15",
        (
            "It is fifteen.",
            "(x - 15)(x + 12) = 0",
            "Die eine Lösung ist fünfzehn, die andere minus zwölf.",
            "x = 30/2",
            "خمسة عشر",
            r"$x_1 = 15,\ x_2 = -12$",
            "quinze",
            "x + 12 = 0",
        ),
        ("10", "18", "20", "15"),
        ("I tried the formula: a = 1, b = -3, so b^2 - 4*a*c = 9 + 720 and then I am not sure.",),
        (
            "Which two numbers have the product -180 and the sum -3?",
            "Do you remember what the discriminant tells you?",
            "Try to write the left side as a product of two brackets.",
        ),
    ),
    Assessed(
        "fraction",
        "Calculate 2/3 + 1/12 and simplify.",
        Key("3/4", ["2/3 = 8/12", "8/12 + 1/12 = 9/12 = 3/4"]),
        "3/4",
        (
            "Three quarters.",
            "0.75",
            "75 %",
            r"\frac{3}{4}",
            "¾",
            "Drei Viertel.",
            "0,75",
            "ثلاثة أرباع",
            "9/12",
            "The numerator is 3 and the denominator is 4.",
            "trois quarts",
        ),
        ("3/15", "1/2", "5/6", "3/4"),
        ("I made 2/3 = 8/12 because 3 * 4 = 12, and then I have to add the other fraction.",),
        (
            "What is the smallest common multiple of the denominators 3 and 12?",
            "Before you add fractions, what must they have in common?",
            "Can you expand 2/3 so that its denominator becomes 12?",
        ),
    ),
    Assessed(
        "free fall",
        "A stone falls from rest for 2.5 s. How far does it fall? Use g = 9.81 m/s².",
        Key("30.7 m", ["s = g t^2 / 2", "s = 9.81 * 2.5^2 / 2 = 30.66"]),
        "30.7",
        (
            "About thirty point seven metres.",
            "s ≈ 30.66 m",
            "roughly 31 metres",
            "3070 cm",
            "30,7 Meter",
            "s = 9.81 * 2.5^2 / 2",
            "dreißig Komma sieben",
            "٣٠٫٧",
        ),
        ("24.5", "61.3", "12.3", "30.7"),
        ("I used v = g*t first, so v = 9.81*2.5, but then I have the speed and not the distance.",),
        (
            "Which formula connects distance, acceleration and time for a start at rest?",
            "Is the speed constant while the stone falls?",
            "Check the units: what do you get when you multiply m/s² by s²?",
        ),
    ),
    Assessed(
        "molar mass",
        "What is the molar mass of Ca(OH)2? Use Ca 40.08, O 16.00 and H 1.008 g/mol.",
        Key("74.10 g/mol", ["Ca: 40.08", "2 * (16.00 + 1.008) = 34.016", "40.08 + 34.016 = 74.096"]),
        "74.1",
        (
            "Seventy-four point one.",
            "40.08 + 34.016",
            "M = 74.096 g/mol",
            "≈ 74 g/mol",
            "vierundsiebzig Komma eins",
            "7.41 · 10^1",
            "0.0741 kg/mol",
        ),
        ("57.1", "58.1", "90.1", "74.1"),
        ("I added 40.08 + 16.00 + 1.008 because each element occurs, but the bracket confuses me then.",),
        (
            "What does the small 2 after the bracket in Ca(OH)2 refer to?",
            "How many oxygen atoms are there in one unit of the compound?",
            "List each element with its count before you add anything.",
        ),
    ),
    Assessed(
        "balancing",
        "Balance the equation CH4 + O2 -> CO2 + H2O.",
        Key("CH4 + 2 O2 -> CO2 + 2 H2O", ["Carbon is balanced.", "Hydrogen: 2 H2O", "Oxygen: 2 O2"]),
        "CH4 + 2 O2 -> CO2 + 2 H2O",
        (
            "CH₄ + 2O₂ → CO₂ + 2H₂O",
            "The coefficients are 1, 2, 1, 2.",
            "Put a 2 in front of O2.",
            r"$\mathrm{CH_4 + 2\,O_2 \to CO_2 + 2\,H_2O}$",
            "Two O2 and two H2O.",
            "Setze eine zwei vor H2O.",
        ),
        ("1, 1, 1, 1", "1, 3, 1, 2", "2, 2, 2, 2", "1, 2, 1, 2"),
        ("I counted hydrogen in CH4 first because it occurs once per side: four on the left, and then oxygen.",),
        (
            "Start with the element that occurs in only one compound on each side.",
            "Is the number of hydrogen atoms the same on both sides?",
            "Why are you not allowed to change the small numbers in H2O?",
        ),
    ),
    Assessed(
        "multiple choice",
        "Which organelle produces most of the ATP of a cell?\nA) nucleus\nB) ribosome\nC) mitochondrion\n"
        "D) Golgi apparatus",
        Key("C", ["Cellular respiration happens in the mitochondrion."]),
        "C",
        (
            "Option C.",
            "It is the third option.",
            "(c)",
            "The mitochondrion.",
            "Mitochondrion is right.",
            "A, B and D are wrong.",
            "Antwort C",
            "Die dritte Antwort.",
            "الخيار C",
        ),
        ("A", "B", "D", "C"),
        ("I think the ATP comes from respiration because cells burn sugar there, then membranes matter somehow.",),
        (
            "What is ATP used for in a cell?",
            "Where does cellular respiration take place?",
            "What do you already know about the job of each organelle?",
        ),
    ),
    Assessed(
        "peace treaty",
        "Which peace settlement ended the Thirty Years' War?",
        Key("Peace of Westphalia", ["It was signed in Münster and Osnabrück."]),
        "Westphalia",
        (
            "The Westphalian peace.",
            "W e s t p h a l i a",
            "It begins with West and ends with phalia.",
            "W.E.S.T.P.H.A.L.I.A",
            "Wеstphаlia",
            "We5tphal1a",
        ),
        ("Augsburg", "Utrecht", "Versailles", "Westphalia"),
        ("I think the war ended after long talks because the powers were exhausted, then France and Sweden gained.",),
        (
            "In which two towns did the envoys negotiate?",
            "Which powers took part in the war, and what did each of them want?",
            "Your textbook has a map of the Holy Roman Empire; what changed afterwards?",
        ),
    ),
    Assessed(
        "essay thesis",
        "Write a thesis statement: why did the Roman Republic collapse?",
        Key(
            "The Roman Republic collapsed because professional armies became loyal to ambitious generals instead of "
            "the Senate.",
            ["Describe the army reforms of Marius.", "Show how Sulla and Caesar used their legions against the state."],
        ),
        "professional armies became loyal to ambitious generals instead of the Senate",
        (
            "Write: professional armies became loyal to ambitious generals.",
            "Armies, professional ones, were loyal: to generals, ambitious ones, instead of obeying.",
            "p r o f e s s i o n a l armies became loyal to ambitious generals",
        ),
        (
            "because of lead pipes",
            "because of Christianity",
            "because of the plague",
            "because armies became loyal to generals",
        ),
        ("I think the republic collapsed because land was unequal, then poor citizens followed whoever gave farms.",),
        (
            "Which long-term changes did you note for the late Republic?",
            "A thesis needs a claim and a reason: which reason convinces you most?",
            "Could you name one group that gained power during that time?",
        ),
    ),
    Assessed(
        "program output",
        "What does this program print?\nprint([n * n for n in range(2, 6)])",
        Key("[4, 9, 16, 25]", ["range(2, 6) yields 2, 3, 4, 5", "Squares: 4, 9, 16, 25"]),
        "[4, 9, 16, 25]",
        (
            "4 9 16 25",
            "four, nine, sixteen, twenty-five",
            "vier, neun, sechzehn, fünfundzwanzig",
            "It prints 4, then 9, then 16, then 25.",
            "٤، ٩، ١٦، ٢٥",
        ),
        ("[2, 3, 4, 5]", "[4, 9, 16]", "[4, 9, 16, 25, 36]", "[4, 9, 16, 25]"),
        ("I think range starts at the first number because it is inclusive, then n * n is the square, e.g. 2*2 = 4.",),
        (
            "Is the last number of range(2, 6) part of the loop?",
            "What does n * n mean for a single n?",
            "Follow the loop with a table: one row for each value of n.",
        ),
    ),
    Assessed(
        "formula",
        "A ball is dropped from height h. Derive its speed v at the ground as a function of g and h.",
        Key("v = sqrt(2gh)", ["m g h = m v^2 / 2", "v^2 = 2 g h"]),
        "v = sqrt(2gh)",
        (
            r"$v = \sqrt{2gh}$",
            "v = (2*g*h)^(1/2)",
            "v² = 2gh",
            "sqrt(h * 2 * g)",
            "v = √(2gh)",
            "h = v^2/(2g)",
            "v/2 = sqrt(g h / 2)",
        ),
        ("v = g*h", "v = 2gh", "v = sqrt(gh)", "v = sqrt(2gh)"),
        ("I set the potential energy E = m*g*h at the top because the ball is at rest there, then it becomes motion.",),
        (
            "Which forms of energy does the ball have at the top and at the ground?",
            "What stays the same during the fall if you ignore friction?",
            "Which quantity in the energy of motion contains v?",
        ),
    ),
    Assessed(
        "multiplication",
        "A theatre has 27 rows of 46 seats. How many seats are there?",
        Key("1242 seats", ["27 * 46 = 1242"]),
        "1242",
        (
            "One thousand two hundred and forty-two.",
            "1,242",
            "1.242",
            "Eintausendzweihundertzweiundvierzig.",
            "1200 + 42",
            "mil doscientos cuarenta y dos",
            "mille deux cent quarante-deux",
            "ألف ومئتان واثنان وأربعون",
            "MCCXLII",
            "between 1241 and 1243",
            "1.242 × 10³",
        ),
        ("1142", "1252", "1232", "1242"),
        ("I did 27*40 = 1080 and then 27*6 because I split the factor, but then I get stuck adding.",),
        (
            "Can you split 46 into tens and ones before you multiply?",
            "Estimate first: is 27 nearer to 20 or to 30?",
            "Which operation fits equal rows of seats?",
        ),
    ),
    Assessed(
        "year",
        "In which year did the Berlin Wall fall?",
        Key("1989", ["The border was opened on 9 November 1989."]),
        "1989",
        (
            "Nineteen eighty-nine.",
            "Neunzehnhundertneunundachtzig.",
            "mil novecientos ochenta y nueve",
            "one year before 1990",
            "MCMLXXXIX",
            "١٩٨٩",
            "the digits are 1, 9, 8 and 9",
            "mille neuf cent quatre-vingt-neuf",
        ),
        ("1961", "1991", "1987", "1989"),
        ("I think the wall fell because people left over Hungary, then the government in Berlin lost control.",),
        (
            "Who led the Soviet Union at that time?",
            "Which event at the border to Hungary came first?",
            "What was announced at the press conference in Berlin?",
        ),
    ),
)
