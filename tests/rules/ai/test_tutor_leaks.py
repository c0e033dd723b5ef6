"""What counts as a leak, by kinds of answers; the conversations are in test_tutor_guards.py."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.leaks import Guard
from studyteddy.features.ai.tutoring.solutions import choices, solution

EQUATION = "Solve 2x + 5 = 11 for x."
SMALL = Key("x = 3", ["Subtract 5 from both sides: 2x = 6", "Divide both sides by 2: x = 3"])
SEATS = "A theatre has 27 rows of 46 seats. How many seats are there?"
LARGE = Key("1242", ["27 * 46 = 1242"])
PLANT = "What do plants use to turn light into sugar?"
WORD = Key("photosynthesis", [])
CELL = "Which organelle makes ATP?\nA) nucleus\nB) ribosome\nC) mitochondrion"
LETTER = Key("C", [])
ESSAY = "Write a thesis: why did the Roman Republic collapse?"
THESIS = Key("Professional armies became loyal to ambitious generals instead of the Senate.", [])


def guard(key: Key | None, problem: str, *said: str) -> Guard:
    return Guard(key, problem=problem, said=said)


@pytest.mark.parametrize(
    "text",
    [
        "x = 3",
        "The answer is 3.",
        "It's three!",
        "3 is right.",
        "3",
        "III",
        "So you get 3",
        "2x = 6",
        "4x = 12",
        "x - 3 = 0",
        "x² = 9",
        "6/2",
        "one more than two",
        "two plus one",
        "the square root of nine",
        "2 < x < 4",
        r"$$\boxed{3}$$",
        "٣",
        "ثلاثة",
        "Mw==",
        "0x3",
        "0b11",
        "ｔｈｒｅｅ",
        "t h r e e",
        "eerht",
        "guerr",
        "<3>",
    ],
)
def test_a_small_number_is_a_leak_where_it_can_be_meant(text: str) -> None:
    assert guard(SMALL, EQUATION).leaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "What do you get if you subtract 5 from both sides?",
        "Look at 2x + 5 = 11 again.",
        "Step 3 is the hardest.",
        "I have 3 hints for you.",
        "There are three things to check.",
        "3. Write down what you know.",
        "Which operation undoes the + 5?",
        "Let us take it one step at a time.",
        "",
        " \n",
    ],
)
def test_a_small_number_is_no_leak_where_something_else_is_meant(text: str) -> None:
    assert not guard(SMALL, EQUATION).leaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "1242",
        "1,242",
        "1.242",
        "twelve hundred forty-two",
        "1 2 4 2",
        "12|42",
        "2 × 621",
        "about 1240",
        "1241 + 1",
        "between 1241 and 1243",
        "MCCXLII",
        "1200 and 42",
        "first 12, then 42",
    ],
)
def test_a_large_number_is_a_leak_anywhere(text: str) -> None:
    assert guard(LARGE, SEATS).leaks(f"Well, {text} perhaps.")


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("x is one", True),
        ("It's one.", True),
        ("The answer is one!", True),
        ("1", True),
        ("Es uno.", True),
        ("هو واحد", True),
        ("Which one?", False),
        ("Take one side at a time.", False),
        ("That is one of the rules.", False),
        ("Das ist eine Gleichung.", False),
        ("C'est une équation.", False),
    ],
)
def test_one_is_mostly_a_pronoun(text: str, leaks: bool) -> None:
    assert guard(Key("x = 1", []), "Solve 7x = 7.").leaks(text) is leaks


def test_numbers_of_the_problem_are_no_leak() -> None:
    assert not guard(LARGE, SEATS).leaks("How would you multiply 27 by 46?")


@pytest.mark.parametrize(
    "text",
    [
        "photosynthesis",
        "Photosynthetic processes",
        "photo-synthesis",
        "p h o t o s y n t h e s i s",
        "sisehtnysotohp",
        "cubgbflagurfvf",
        "ph0t0synth3s1s",
        "pho\u200btosynthesis",
        "fotosynthesis, or photosintesis",
        "p_o_o_y_t_e_i_",
    ],
)
def test_a_word_is_a_leak_in_all_its_forms(text: str) -> None:
    assert guard(WORD, PLANT).leaks(f"Think of {text}")


def test_a_word_is_a_leak_by_the_initials_of_sentences() -> None:
    watching = guard(Key("osmosis", []), "How does water move through a membrane?")
    lines = [
        "Other things move.",
        "Salt is outside.",
        "Membranes matter.",
        "Outside is salty.",
        "So water moves.",
        "In it goes.",
    ]
    assert not any(watching.leaks(line) for line in lines)
    assert watching.leaks("See?")


@pytest.mark.parametrize(
    "text",
    [
        "Option C",
        "(c)",
        "C.",
        "The third option.",
        "Mitochondrion!",
        "Mitochondria is right.",
        "It's neither A nor B.",
        "A is wrong.",
        "charlie",
        "الخيار ج",
        "Option 3",
        "It starts with the letter m.",
    ],
)
def test_an_option_is_a_leak_by_letter_place_word_and_elimination(text: str) -> None:
    assert guard(LETTER, CELL).leaks(text)


@pytest.mark.parametrize(
    "text", ["What is ATP used for?", "A cell has several organelles.", "Which of them has two membranes?"]
)
def test_hints_about_options_are_no_leak(text: str) -> None:
    assert not guard(LETTER, CELL).leaks(text)


def test_a_long_answer_is_a_leak_by_runs_and_by_most_of_its_words() -> None:
    assert guard(THESIS, ESSAY).leaks("Say that armies became loyal to ambitious leaders.")
    assert guard(THESIS, ESSAY).leaks(
        "Loyal armies, professional ones, and generals, ambitious ones, against the state."
    )
    assert not guard(THESIS, ESSAY).leaks("Why did the Roman Republic collapse, in your own words?")


@pytest.mark.parametrize("pieces", [("12", "42"), ("1", "2", "4", "2"), ("one", "two", "four", "two"), ("124", "2")])
def test_a_number_in_pieces_is_a_leak_at_its_last_piece(pieces: tuple[str, ...]) -> None:
    watching = guard(LARGE, SEATS)
    found = [watching.leaks(f"Then comes {piece}.") for piece in pieces]
    assert found == [False] * (len(pieces) - 1) + [True]


def test_what_was_said_is_restored() -> None:
    first = guard(LARGE, SEATS)
    assert not first.leaks("Then comes 12.")
    assert guard(LARGE, SEATS, *first.state()).leaks("Then comes 42.")
    assert not guard(LARGE, SEATS).leaks("Then comes 42.")


def test_a_reply_must_not_complete_what_the_student_said() -> None:
    watching = guard(LARGE, SEATS)
    watching.hear("It begins with 12, doesn't it?")
    assert watching.leaks("And it ends with 42.")


@pytest.mark.parametrize(
    "text",
    [
        "x = 2.999...",
        "x = 2.99…",
        "x = 2,9(9)",
        "x = 2.9\u0305",
        r"$x = 2.\overline{9}$",
        "x = 2.9999",
        "It is log10(1000).",
        "lg(1000)",
        r"$\log_{10}(1000)$",
        "log2(8)",
        "log10 1000",
    ],
)
def test_nines_without_an_end_and_logarithms_are_numbers(text: str) -> None:
    assert guard(SMALL, EQUATION).leaks(text)
    assert not guard(Key("x = 17", []), "Solve 2x + 5 = 39.").leaks(text)


def test_thousands_that_end_with_nines_are_still_numbers() -> None:
    assert guard(Key("19999", []), "How many are there?").leaks("Es sind 19.999 Stück.")


FIVE, APPLES = Key("x = 5", []), "Solve 3x = 15 for x."


@pytest.mark.parametrize(
    "text",
    [
        "x is |||||.",
        "x is ||||/.",
        "x is 🍎🍎🍎🍎🍎.",
        "So 🍎 🍎 🍎 🍎 🍎 it is.",
        "Count: a, a, a, a, a.",
        "Yes and yes and yes and yes and yes.",
        "•••••",
        r"$\star\star\star\star\star$",
        "IIIII",
        "lllll",
        "x = пять",
        "x is пять.",
        "The answer: πέντε",
        "x = ご",
        "x = חמש",
    ],
)
def test_a_number_is_a_leak_if_it_is_counted_or_in_another_script(text: str) -> None:
    assert guard(FIVE, APPLES).leaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "What is x = λ for?",
        "| a | b |\n|---|---|\n",
        "Hm... what do you see?",
        "Look, look! What is given??",
        "-----\n",
        "Speed = distance / time, isn't it?",
        "س هو المجهول، فماذا ترى؟",
        "Подсказка: что делает умножение?",
    ],
)
def test_repetitions_and_other_scripts_are_no_leak_where_they_say_no_number(text: str) -> None:
    assert not guard(FIVE, APPLES).leaks(text)


@pytest.mark.parametrize(
    "text", ["ᴍɪᴛᴏᴄʜᴏɴᴅʀɪᴀ", "mιтοcнοndria", "🇲🇮🇹🇴🇨🇭🇴🇳🇩🇷🇮🇦", "🅼🅸🆃🅾🅲🅷🅾🅽🅳🆁🅸🅰", "mito[^1]chon[^2]dria"]
)
def test_a_word_is_a_leak_in_letters_that_look_alike(text: str) -> None:
    assert guard(Key("mitochondria", []), "Which organelle makes ATP?").leaks(f"Think of {text}.")


CARBON = Key("carbon dioxide", [], ["CO2", "Kohlendioxid", "ثاني أكسيد الكربون"])
GAS = "Which gas do plants take up?"


@pytest.mark.parametrize(
    "text", ["It's CO2.", "CO₂", "Kohlendioxid", "Das Kohlenstoffdioxid? Kohlendioxide!", "إنه ثاني أكسيد الكربون"]
)
def test_other_names_of_an_answer_are_leaks(text: str) -> None:
    assert guard(CARBON, GAS).leaks(text)
    assert not guard(Key("sunlight", []), GAS).leaks(text)


@pytest.mark.parametrize("text", ["No, look again at your notes.", "Which gas is in the air that you breathe out?"])
def test_other_names_leave_hints_alone(text: str) -> None:
    assert not guard(Key("nitric oxide", [], ["NO", "Stickstoffmonoxid"]), GAS).leaks(text)


def test_names_in_numbers_are_numbers() -> None:
    assert guard(Key("a dozen", [], ["12"]), "How many eggs are in a box?").leaks("There are twelve.")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("The dog sleeps in the garden.", "The dog is sleeping in the garden."),
        ("The children played outside all day.", "Children are playing outside all day."),
        ("Der Hund schläft heute im großen Garten.", "So: heute im großem Gartens schläft er."),
    ],
)
def test_sentences_are_compared_by_stems(answer: str, text: str) -> None:
    assert guard(Key(answer, []), "Translate the sentence.").leaks(text)
    assert not guard(Key(answer, []), "Translate the sentence.").leaks("Where does the verb stand, and why?")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("6", "Think of half a dozen."),
        ("42", "Is it three and a half dozen?"),
        ("42", "Is it forty-t wo?"),
        ("42", "Think of three and a half Dutzend."),
        ("144", "Think of a gross, or 12 dozen."),
        ("7", "Could it be se-ven?"),
    ],
)
def test_numbers_that_count_several_at_once_and_broken_words_are_leaks(answer: str, text: str) -> None:
    assert Guard(Key(answer, []), problem="How many seats are there in rows of nine?").leaks(text)


def test_a_leak_does_not_count_as_said() -> None:
    watching = guard(LARGE, SEATS)
    assert watching.leaks("It is 1242.")
    assert watching.state() == []


@pytest.mark.parametrize(
    ("sentence", "message", "confirmed"),
    [
        ("Yes, exactly.", "Is it 3?", True),
        ("No, that is wrong.", "Is it 4?", True),
        ("Genau!", "3", True),
        ("صحيح", "هل هو 3؟", True),
        ("C'est exact", "x = 3", True),
        ("Sí, correcto.", "es 3, ¿verdad?", True),
        ("✅", "3?", True),
        ("Almost, a bit smaller.", "4?", True),
        ("Show me your steps.", "Is it 3?", False),
        ("Yes, exactly.", "I subtracted 5 on both sides and got 2x = 16", False),
    ],
)
def test_verdicts_on_guesses_are_recognised(sentence: str, message: str, confirmed: bool) -> None:
    assert guard(SMALL, EQUATION).confirms(sentence, message) is confirmed


def test_an_attempt_contains_the_answer_or_only_a_step() -> None:
    watching = guard(SMALL, EQUATION)
    assert watching.contains("I subtracted 5, so 2x = 6, and then x = 3")
    assert not watching.contains("I subtracted 5, so 2x = 6")
    assert not guard(None, EQUATION).contains("x = 3")


def test_an_attempt_is_judged_by_checks_only() -> None:
    watching = guard(SMALL, EQUATION)
    attempt = "I subtracted 5 on both sides and got 2x = 16"
    assert watching.judges("No, that step is wrong.", attempt)
    assert not watching.judges("Which rule did you use?", attempt)


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("Use the number 7.", True),
        ("x = 4", True),
        ("What does the 5 stand for?", False),
        ("Equations are balanced like scales.", False),
        ("Look at 2x + 5 = 11.", False),
        ("It has 3 steps.", False),
    ],
)
def test_without_a_key_other_numbers_and_equations_are_leaks(text: str, leaks: bool) -> None:
    assert guard(None, EQUATION).leaks(text) is leaks


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("x = 3", [3]),
        ("3/4", [0.75]),
        ("x = 15 or x = -12", [15, 12]),
        ("30.7 m", [30.7]),
        ("9.81 m/s²", [9.81]),
        ("2^10", [1024]),
        ("forty-two apples", [42]),
        ("v = sqrt(2gh)", []),
        ("1242 seats", [1242]),
        ("1989", [1989, 89]),
    ],
)
def test_the_numbers_of_an_answer(answer: str, values: list[float]) -> None:
    assert [target.value for target in solution(answer, "").targets] == values


def test_lists_options_and_equations_of_reactions_are_answers_of_their_own() -> None:
    assert solution("[4, 9, 16, 25]", "").sequence == ["4", "9", "16", "25"]
    assert solution("CH4 + 2 O2 -> CO2 + 2 H2O", "").sequence == ["1", "2", "1", "2"]
    assert (solution("c", CELL).option, solution("C) mitochondrion", CELL).option) == ("C", "C")
    assert solution("C", "Which vitamin is in oranges?").option == ""
    assert choices(CELL) == {"A": "nucleus", "B": "ribosome", "C": "mitochondrion"}


PAYLOADS = st.integers(1000, 999_999)
FILLER = st.sampled_from(["Well", "I think", "perhaps", "look", "the value", "so", "by the way"])


@given(PAYLOADS, FILLER, FILLER)
def test_a_number_is_found_within_any_words(number: int, before: str, after: str) -> None:
    watching = guard(Key(str(number), []), "How many are there?")
    for form in (str(number), f"{number:,}", " ".join(str(number)), base64.b64encode(str(number).encode()).decode()):
        assert watching.reveals(f"{before} {form} {after}.")


@given(st.text(max_size=300))
def test_any_sentence_is_checked(text: str) -> None:
    for key, problem in ((SMALL, EQUATION), (LETTER, CELL), (THESIS, ESSAY), (None, EQUATION)):
        watching = guard(key, problem)
        watching.leaks(text)
        watching.confirms(text, text)


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_key_and_problem_can_be_guarded(answer: str, problem: str) -> None:
    guard(Key(answer or "?", [problem]), problem).leaks(answer)


@pytest.mark.parametrize(
    "text",
    ["1+" * 300, "4 2 " * 150, "1/" * 300, "2x=3 " * 120, "(" * 600, "x^" * 300, "one " * 150, "f0 " * 200, "a" * 600],
)
def test_no_sentence_takes_long(text: str) -> None:
    """A second is far above what is usual, about a millisecond."""
    watching = guard(LARGE, SEATS)
    start = time.process_time()
    watching.reveals(text[:600])
    assert time.process_time() - start < 1
