"""Search over HTTP: results, order and isolation between users."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.platform.fulltext import vector, words


async def found(person: Person, q: str, **query: Any) -> list[str]:
    """Return the titles on every page of a search for tasks."""
    return [task["title"] for task in await _all(person, "/api/tasks", q=q, **query)]


async def _all(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = made(await person.get(path, params={**query, **cursor}), 200)
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        cursor = {"cursor": page["nextCursor"]}


@pytest.mark.parametrize(
    ("title", "q"),
    [
        ("Chemistry basics", "chem"),
        ("Chemistry basics", "BASICS chemistry"),
        ("Prufung vorbereiten", "prüfung"),
        ("Für die Prüfung lernen", "Prüfungen"),
        ("Write a résumé", "resume"),
        ("Write a resume", "résumé"),
        ("One study", "studies"),
        ("All studies", "study"),
        ("Read three books", "book"),
        ("Read a book", "books"),
        ("Repasar las canciones", "canción"),
        ("Les devoirs d’école", "ecole"),
        ("Łódź i ćwiczenia", "lodz cwicz"),
        ("Straße und Fluß", "STRASSE fluss"),
        ("İstanbul gezisi", "istanbul"),
        ("Повторить глаголы", "глагол"),
        ("数学の宿題をする", "宿題"),
        ("数学の宿題をする", "する"),
        ("中文作业", "作业"),
        ("中文作业", "业"),
        ("อ่านหนังสือเรียน", "หนังสือ"),
        ("한국어 단어 외우기", "단어"),
        ("हिन्दी किताब", "किताब"),
        ("מבחן בהיסטוריה", "בהיסטור"),
        ("اقرأ الكِتاب", "الكتاب"),
        ("e\u0301tude", "étude"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("Soft\u00adware", "software"),
        ("x² + y² = z²", "x2"),
        ("Chapter 12", "12"),
        ("C:\\dir 'quoted' & (a|b) !c <-> d:*", "quoted' & | ! ( ) :* \\ a"),
        ("well-known fact", "well-known"),
        ("1️⃣ first", "1 first"),
        ("w" * 200, "w" * 200),
    ],
)
async def test_a_task_is_found(alice: Person, title: str, q: str) -> None:
    await alice.task("Something else entirely, 7")
    await alice.task(title)
    assert await found(alice, q) == [title]


@pytest.mark.parametrize(
    ("title", "q"),
    [
        ("Chemistry basics", "istry"),
        ("Chemistry basics", "chemistry exam"),
        ("A cartoon about carbon", "cars"),
        ("数学の宿題", "学宿"),
        ("किताब", "कुताब"),
        ("🧸🧸", "bear"),
    ],
)
async def test_a_task_is_not_found(alice: Person, title: str, q: str) -> None:
    await alice.task(title)
    assert await found(alice, q) == []


@pytest.mark.parametrize("q", ["🧸", " ", "&|!():*'\\", "…", "_"])
@pytest.mark.parametrize("path", ["/api/tasks", "/api/subjects", "/api/search"])
async def test_a_search_without_words_is_rejected(alice: Person, path: str, q: str) -> None:
    answer = await alice.get(path, params={"q": q})
    assert (answer.status_code, [(one["pointer"], one["code"]) for one in answer.json()["errors"]]) == (
        422,
        [("?q", "no_word")],
    )


@pytest.mark.parametrize(("q", "code"), [("", "too_short"), ("x" * 201, "too_long"), ("a\x00b", "malformed")])
@pytest.mark.parametrize("path", ["/api/tasks", "/api/subjects", "/api/search"])
async def test_a_query_has_limits(alice: Person, path: str, q: str, code: str) -> None:
    answer = await alice.get(path, params={"q": q})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_only_the_first_sixteen_words_count(alice: Person) -> None:
    letters = [chr(ord("a") + n) for n in range(16)]
    await alice.task(" ".join(letters))
    assert len(await found(alice, " ".join([*letters, "absent"]))) == 1
    assert await found(alice, " ".join([*letters[:15], "absent"])) == []


async def test_a_search_has_no_other_order(alice: Person) -> None:
    answer = await alice.get("/api/tasks", params={"q": "x", "sort": "due"})
    assert (answer.status_code, [(one["pointer"], one["code"]) for one in answer.json()["errors"]]) == (
        422,
        [("?sort", "sorted_by_rank")],
    )


async def test_title_comes_before_label_before_subtask_before_description(alice: Person) -> None:
    await alice.task("in the description", description="osmosis")
    stepped = await alice.task("in a step")
    await _step(alice, stepped, "osmosis")
    await alice.task("as a label", labels=["osmosis"])
    await alice.task("osmosis")
    await alice.task("nowhere")
    assert await found(alice, "osmosis") == ["osmosis", "as a label", "in a step", "in the description"]


async def test_the_latest_of_equal_ranks_comes_first(alice: Person) -> None:
    for n in range(5):
        await alice.task(f"osmosis {n}")
    assert await found(alice, "osmosis", limit=2) == [f"osmosis {n}" for n in (4, 3, 2, 1, 0)]


async def test_an_exact_word_comes_before_a_prefix(alice: Person) -> None:
    await alice.task("exam")
    await alice.task("example")
    assert await found(alice, "exam") == ["exam", "example"]
    assert await found(alice, "exa") == ["example", "exam"]


async def test_a_search_can_be_filtered(alice: Person) -> None:
    subject = await alice.subject()
    await alice.task("essay one", priority="high", labels=["exam"], dueDate="2026-12-01", subjectId=subject["id"])
    await alice.task("essay two")
    done = await alice.task("essay three", dueDate="2026-12-02")
    await alice.post(f"/api/tasks/{done['id']}/complete")
    assert await found(alice, "essay", status="completed") == ["essay three"]
    assert await found(alice, "essay", priority="high") == ["essay one"]
    assert await found(alice, "essay", label="exam") == ["essay one"]
    assert await found(alice, "essay", subjectId=subject["id"]) == ["essay one"]
    assert await found(alice, "essay", dueFrom="2026-12-02", dueTo="2026-12-02") == ["essay three"]
    assert await found(alice, "essay", status="completed", priority="high") == []


async def test_pages_are_complete_without_duplicates(alice: Person) -> None:
    """Some tasks have the same rank, and more are added between pages."""
    wanted = [f"physics {n}" + " physical sheet" * (n % 3) for n in range(150)]
    for title in wanted:
        await alice.task(title, description="physics" * (len(title) % 2))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = made(await alice.get("/api/tasks", params={"q": "physics", "limit": 20, **cursor}), 200)
        seen += [task["title"] for task in page["items"]]
        await alice.task("added meanwhile: physics")
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert sorted(title for title in seen if title.startswith("physics")) == sorted(wanted)


@pytest.mark.parametrize("other", [{"q": "physic"}, {"q": "physics", "status": "pending"}, {}])
async def test_a_cursor_belongs_to_one_search(alice: Person, other: dict[str, str]) -> None:
    for n in range(2):
        await alice.task(f"physics {n}")
    cursor = (await alice.get("/api/tasks", params={"q": "physics", "limit": 1})).json()["nextCursor"]
    answer = await alice.get("/api/tasks", params={**other, "limit": 1, "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_mismatch")


async def _step(person: Person, task: dict[str, Any], title: str) -> dict[str, Any]:
    return made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": title}))


async def test_a_task_is_found_by_its_own_words_and_those_of_its_subtasks(alice: Person) -> None:
    task = await alice.task("Essay", description="about whales")
    await _step(alice, task, "Make an outline")
    await _step(alice, task, "Find sources")
    assert await found(alice, "essay outline") == ["Essay"]
    assert await found(alice, "outline sources whales") == ["Essay"]


async def test_a_renamed_subtask_finds_its_task_by_the_new_title(alice: Person) -> None:
    task = await alice.task("Essay", labels=["term"])
    step = await _step(alice, task, "Outline")
    address = f"/api/tasks/{task['id']}/subtasks/{step['id']}"
    made(await alice.patch(address, {"title": "Draft"}), 200)
    assert (await found(alice, "outline"), await found(alice, "essay draft term")) == ([], ["Essay"])
    made(await alice.patch(address, {"title": "Polish", "completed": True}), 200)
    assert (await found(alice, "draft"), await found(alice, "polish")) == ([], ["Essay"])


async def test_renaming_a_subtask_leaves_its_task_unchanged(alice: Person) -> None:
    task = await alice.task("Essay")
    step = await _step(alice, task, "Outline")
    before = (await alice.get(f"/api/tasks/{task['id']}")).json()
    made(await alice.patch(f"/api/tasks/{task['id']}/subtasks/{step['id']}", {"title": "Draft"}), 200)
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == before
    assert (await alice.changes())[-1]["type"] == "subtask.updated"


async def test_a_deleted_subtask_finds_nothing(alice: Person) -> None:
    task = await alice.task("Essay")
    step = await _step(alice, task, "Outline")
    await _step(alice, task, "Sources")
    assert (await alice.delete(f"/api/tasks/{task['id']}/subtasks/{step['id']}")).status_code == 204
    assert (await found(alice, "outline"), await found(alice, "sources")) == ([], ["Essay"])
    assert await _hits(alice, "outline") == []


async def test_a_renamed_task_is_found_by_its_new_words_and_its_subtasks(alice: Person) -> None:
    task = await alice.task("Essay", description="whales", labels=["term"])
    await _step(alice, task, "Outline")
    made(await alice.patch(f"/api/tasks/{task['id']}", {"title": "Report", "labels": ["lab"]}), 200)
    assert await found(alice, "report outline lab whales") == ["Report"]
    assert (await found(alice, "essay"), await found(alice, "term")) == ([], [])
    made(await alice.patch(f"/api/tasks/{task['id']}", {"description": "dolphins"}), 200)
    assert (await found(alice, "whales"), await found(alice, "dolphins outline")) == ([], ["Report"])


async def test_a_completed_task_is_still_found(alice: Person) -> None:
    task = await alice.task("Essay")
    await _step(alice, task, "Outline")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert await found(alice, "essay outline") == ["Essay"]
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert await found(alice, "essay outline") == ["Essay"]


async def test_other_users_data_is_not_found(alice: Person, bob: Person) -> None:
    task = await bob.task("Essay", description="secret", labels=["secret"])
    await _step(bob, task, "secret")
    await bob.subject("Secret")
    assert await found(alice, "secret") == []
    assert await _hits(alice, "secret") == []
    assert (await alice.get("/api/subjects", params={"q": "secret"})).json()["items"] == []
    assert len(await _hits(bob, "secret")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "word " * 2000,
        "x" * 10_000,
        "宿" * 10_000,
        "\U00020bb7" * 10_000,
        "ﷺ" * 10_000,
        "각 " * 5000,
        "🧸" * 10_000,
        "'\\:*&|!()<-> " * 700,
        "e\u0301" * 5000,
        "ा" * 10_000,
    ],
    ids=["words", "one word", "Han", "beyond the plane", "ligature", "Hangul", "bears", "signs", "accents", "marks"],
)
async def test_any_text_can_be_stored_and_is_found_by_its_title(alice: Person, text: str) -> None:
    task = await alice.task("findable", description=text)
    made(await alice.patch(f"/api/tasks/{task['id']}", {"priority": "high"}), 200)
    assert await found(alice, "findable") == ["findable"]


async def test_every_letter_can_be_stored_and_searched(system: System) -> None:
    """What Python considers part of a word must not be an operator for PostgreSQL."""
    admin = await system.admin()
    letters = [letter for letter in map(chr, range(0x110000)) if unicodedata.category(letter)[0] in "LMN"]
    for at in range(0, len(letters), 4_000):
        some = list(dict.fromkeys(word for letter in letters[at : at + 4_000] for word in words(f"x{letter}y")))
        kept = await admin.fetchval("SELECT tsvector_to_array($1::text::tsvector)", vector((" ".join(some), "A")))
        assert set(kept) ^ set(some) == set()
        sought = await admin.fetchval("SELECT $1::text::tsquery", " & ".join(f"({word}:*)" for word in some))
        assert sought.count("':*") == len(some)
    await admin.close()


async def test_two_hundred_long_subtasks_can_be_stored(alice: Person) -> None:
    task = await alice.task("findable", description="".join(chr(0x20000 + n) for n in range(10_000)))
    for n in range(200):
        await _step(alice, task, "".join(chr(0x21000 + 199 * n + m) for m in range(200)))
    assert await found(alice, chr(0x21000 + 199 * 199) + chr(0x21000 + 199 * 199 + 1)) == ["findable"]


async def _hits(person: Person, q: str, **query: Any) -> list[tuple[str, str]]:
    return [(hit["kind"], hit["title"]) for hit in await _all(person, "/api/search", q=q, **query)]


async def test_a_search_finds_tasks_subtasks_and_subjects(alice: Person) -> None:
    await alice.subject("Biology", description="All about osmosis and more")
    task = await alice.task("Read on", description="Something of osmosis in chapter 5")
    step = await _step(alice, task, "Draw osmosis")
    await alice.task("Osmosis")
    items = await _all(alice, "/api/search", q="osmosis")
    assert [(hit["kind"], hit["title"]) for hit in items] == [
        ("task", "Osmosis"),
        ("task", "Read on"),
        ("subtask", "Draw osmosis"),
        ("subject", "Biology"),
    ]
    (hit,) = [hit for hit in items if hit["kind"] == "subtask"]
    assert (hit["id"], hit["taskId"], hit["snippet"]) == (step["id"], task["id"], None)
    assert [hit["snippet"] for hit in items if hit["kind"] != "subtask"] == [
        None,
        "Something of osmosis in chapter 5",
        "All about osmosis and more",
    ]
    assert sorted((hit["rank"] for hit in items), reverse=True) == [hit["rank"] for hit in items]


async def test_the_pages_of_a_search_are_complete_without_duplicates(alice: Person) -> None:
    for n in range(10):
        task = await alice.task(f"physics {n}")
        await _step(alice, task, f"physics step {n}")
        await alice.subject(f"Physics {n}")
    whole = await _all(alice, "/api/search", q="physics", limit=200)
    assert len({hit["id"] for hit in whole}) == 30
    assert await _all(alice, "/api/search", q="physics", limit=4) == whole


async def test_subjects_are_found_archived_or_not_unless_filtered(alice: Person) -> None:
    await alice.subject("Physics")
    old = await alice.subject("Physics of last year")
    await alice.patch(f"/api/subjects/{old['id']}", {"archived": True})
    links = [{"title": "Lecture on physics", "url": "https://example.org"}]
    await alice.subject("Maths", resources=links)
    await alice.subject("History", description="no waves, but the physics of it")

    async def names(**query: Any) -> list[str]:
        return [one["name"] for one in await _all(alice, "/api/subjects", limit=2, **query)]

    assert await names(q="physics") == ["Physics of last year", "Physics", "Maths", "History"]
    assert await names(q="physics", archived="true") == ["Physics of last year"]
    assert await names(q="physics", archived="false") == ["Physics", "Maths", "History"]
    assert await names(q="lecture") == ["Maths"]


async def test_a_changed_subject_is_found_by_its_new_words(alice: Person) -> None:
    subject = await alice.subject("Physics", description="waves")
    made(await alice.patch(f"/api/subjects/{subject['id']}", {"name": "Chemistry"}), 200)
    for q, count in (("physics", 0), ("chemistry waves", 1)):
        assert len(await _all(alice, "/api/subjects", q=q)) == count
