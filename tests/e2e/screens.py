"""Every screen of the app and its states: whose it is, its address, and what opens it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
from playwright.async_api import Locator, Route, expect
from tests.cast import PASSWORD, made
from tests.e2e.students import MATERIAL, NOW, Visited

from studyteddy.bootstrap import seed

Open = Callable[[Visited], Awaitable[object]]
LINE = "Read chapter 5 tomorrow 3pm 45m"
NOWHERE = "00000000-0000-7000-8000-000000000000"
BREAK_ENDS = quote(NOW.replace(minute=24).isoformat())


@dataclass(frozen=True)
class Screen:
    """A screen in one state. `opens` leads there from the address; with `phone`, only a phone has it."""

    name: str
    student: str
    path: str
    opens: Open | None = None
    phone: bool | None = None
    """True: only on a phone; False: everywhere else."""

    def fits(self, look: str) -> bool:
        return self.phone is None or self.phone == look.startswith(("phone", "zoomed"))

    async def show(self, visited: Visited) -> None:
        await visited.goto(self.path)
        if self.opens:
            await self.opens(visited)
            await visited.settle()


def press(*keys: str) -> Open:
    async def run(visited: Visited) -> None:
        for key in keys:
            await visited.page.keyboard.press(key)

    return run


def click(key: str, role: str = "button", *, within: str = "body", exact: bool = True, **values: str) -> Open:
    """Click the first control with a text of the app as its name."""

    async def run(visited: Visited) -> None:
        name = visited.says(key, **values)
        await visited.page.locator(within).get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]

    return run


def then(*steps: Open) -> Open:
    async def run(visited: Visited) -> None:
        for step in steps:
            await step(visited)
            await visited.settle()

    return run


def open_fold(selector: str) -> Open:
    async def run(visited: Visited) -> None:
        await visited.page.locator(f"{selector} > summary").first.click()

    return run


async def see_changes(visited: Visited) -> None:
    """Open the changes of a calendar. Asking for them may wait while the browser keeps the files of the app."""
    await visited.page.locator(".feed summary", has_text=visited.says("calendar.feeds.changes")).first.click()
    await expect(visited.page.locator(".feed details li").first).to_be_visible()


async def see_courses(visited: Visited) -> None:
    """Open the courses of a calendar."""
    await visited.page.locator(".feed summary", has_text=visited.says("calendar.courses")).first.click()
    await expect(visited.page.locator(".feed details select").first).to_be_visible()


async def replace_address(visited: Visited) -> None:
    """Try to replace the address of a calendar by what is none."""
    await visited.page.locator(".feed summary", has_text=visited.says("calendar.feeds.moved")).first.click()
    await click("calendar.feeds.moved.save")(visited)


async def row(visited: Visited) -> Locator:
    """Focus the first row of the list and return it."""
    first = visited.page.locator(".entry[data-id]").first
    await first.focus()
    return first


def on_row(*keys: str) -> Open:
    async def run(visited: Visited) -> None:
        await row(visited)
        await press(*keys)(visited)

    return run


async def row_menu(visited: Visited) -> None:
    first = await row(visited)
    await first.get_by_role("button").last.click()


def type_line(line: str, within: str = "main") -> Open:
    async def run(visited: Visited) -> None:
        box = visited.page.locator(within).get_by_role("textbox", name=visited.says("tasks.add"))
        await box.fill(line)
        await expect(visited.page.locator("mark").first).to_be_visible()

    return run


async def wrong_password(visited: Visited) -> None:
    await visited.page.locator("#email").fill("ada@example.org")
    await visited.page.locator("#password").fill("not the password")
    await visited.page.locator("#password").press("Enter")
    await expect(visited.page.locator("[role=alert]").first).to_be_visible()


async def sign_in_with_code(visited: Visited) -> None:
    assert visited.student
    await visited.page.locator("#email").fill(visited.student.email)
    await visited.page.locator("#password").fill(PASSWORD)
    await visited.page.locator("#password").press("Enter")
    await expect(visited.page.locator("#code")).to_be_visible()


async def new_factor(visited: Visited) -> None:
    await click("settings.factor.begin")(visited)
    await visited.page.locator("dialog input[type=password]").fill(seed.PASSWORD)
    await visited.page.locator("dialog button[type=submit]").click()
    await expect(visited.page.locator("dialog #code")).to_be_visible()


async def empty_account(visited: Visited) -> None:
    await visited.page.locator("main form button[type=submit]").click()


def block_menu(visited: Visited) -> Awaitable[None]:
    """The menu of what is planned for this afternoon."""
    return visited.page.locator(".day.today [data-session]").last.click()


def open_event(visited: Visited) -> Awaitable[None]:
    """A lecture of yesterday."""
    return visited.page.locator("[data-day='2030-01-30'] .event").click()


def open_busy(visited: Visited) -> Awaitable[None]:
    """A lecture of an account on Monday."""
    return visited.page.locator("[data-day='2030-01-28'] .event").click()


async def connect_to_nothing(visited: Visited) -> None:
    """Try to connect an account without saying which."""
    await click("calendar.accounts.other")(visited)
    await visited.page.locator("dialog button[type=submit]").click()
    await expect(visited.page.locator("dialog [role=alert]")).to_be_focused()


def disconnect_account(visited: Visited) -> Awaitable[None]:
    name = visited.says("calendar.accounts.disconnect.named", address="ada@example.org")
    return visited.page.get_by_role("button", name=name).click()


def reconnect_account(visited: Visited) -> Awaitable[None]:
    name = visited.says("calendar.accounts.reconnect.named", address="ada@old.example")
    return visited.page.get_by_role("button", name=name).click()


def remove_calendar(visited: Visited) -> Awaitable[None]:
    name = visited.says("calendar.feeds.remove.named", name="Ada's courses")
    return visited.page.get_by_role("button", name=name).click()


async def plan_in_the_past(visited: Visited) -> None:
    """A message that changes nothing."""
    await click("calendar.plan", "menuitem")(visited)
    await visited.page.locator("dialog input[type=time]").fill("04:10")
    await visited.page.locator("dialog button[type=submit]").click()
    await expect(visited.page.locator(".toast").first).to_be_visible()


async def lose_the_connection(visited: Visited) -> None:
    await visited.page.context.set_offline(True)
    await expect(
        visited.page.get_by_text(visited.says("app.status.offline")).locator("visible=true").first
    ).to_be_visible()


async def change_on_two_devices(visited: Visited) -> None:
    """The title is changed here without a connection, and meanwhile elsewhere."""
    assert visited.student
    page, ids = visited.page, visited.student.ids
    await page.goto(f"/tasks/{ids['task']}")
    await visited.settle()
    await page.context.set_offline(True)
    title = page.get_by_role("textbox", name=visited.says("tasks.name"))
    await title.fill(f"Read chapter 6, {visited.look.name}")
    await title.press("Enter")
    account = {"email": visited.student.email, "password": visited.student.password}
    async with httpx2.AsyncClient(base_url=str(page.url).split("/tasks")[0], trust_env=False) as api:
        token = made(await api.post("/api/auth/login", json=account), 200)["accessToken"]
        api.headers["authorization"] = f"Bearer {token}"
        made(await api.patch(f"/api/tasks/{ids['task']}", json={"title": f"Read it all, {visited.look.name}"}), 200)
    await page.context.set_offline(False)
    await expect(page.locator("a[href='/conflicts']").first).to_be_attached()
    await page.goto("/conflicts")


async def lose_the_connection_in_a_dialog(visited: Visited) -> None:
    await visited.page.context.set_offline(True)
    await expect(visited.page.get_by_text(visited.says("ai.offline"))).to_be_visible()


async def nothing_to_break_down(visited: Visited) -> None:
    dialog = visited.page.locator("dialog")
    await dialog.locator("textarea").fill("")
    await dialog.locator("input[type=number]").fill("3")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog.locator("[aria-invalid=true]").first).to_be_focused()


async def forget(visited: Visited) -> None:
    await visited.page.locator(".setting").filter(has=visited.page.locator(".fact")).get_by_role("button").last.click()


async def choose_file(visited: Visited) -> None:
    await visited.page.locator("dialog select").first.select_option("lab-5.txt")


async def practise_text(visited: Visited) -> None:
    page = visited.page
    await click("practice.from.text")(visited)
    await page.locator("main textarea").fill(MATERIAL[visited.look.language])
    await click("practice.ask")(visited)
    await expect(page.locator("main input[type=radio]").first).to_be_visible()


async def choose_option(visited: Visited) -> None:
    """Answer the question, rightly or not: the first option isn't the same in each language."""
    await visited.page.locator("main input[type=radio]").first.check()
    await click("practice.check")(visited)
    await expect(visited.page.locator(".verdict")).to_be_visible()


async def empty_text(visited: Visited) -> None:
    await click("practice.from.text")(visited)
    await click("practice.ask")(visited)
    await expect(visited.page.locator("main [aria-invalid=true]")).to_be_focused()


async def subtask_menu(visited: Visited) -> None:
    step = visited.page.locator("[data-step]").first
    await step.hover()
    await step.get_by_role("button").first.click()


async def lose_the_tutor(visited: Visited) -> None:
    await visited.page.context.set_offline(True)
    await expect(visited.page.get_by_text(visited.says("tutor.offline"))).to_be_visible()


QUOTED = {
    "text": "Density is mass divided by volume.",
    "title": "Notes, week 5",
    "page": 3,
    "attachmentId": NOWHERE,
    "start": 4068,
    "end": 4102,
}
QUOTED_PAGE = {
    "title": "Notes, week 5.pdf",
    "page": 3,
    "pages": 12,
    "start": 4000,
    "text": "Week 5: density\n\nEqual volumes of different liquids differ in mass.\n"
    "Density is mass divided by volume. Its unit is g/ml or kg/m³.\n\n"
    "Measure the mass of the empty cylinder first, then of the filled one. Read the volume at the lowest point of the "
    "surface. The temperature matters: liquids expand as they get warmer.\n\n"
    "Example: 50 ml of oil weigh 46 g. 46 g ÷ 50 ml = 0.92 g/ml, so oil floats on water.",
    "taskId": NOWHERE,
    "subjectId": None,
    "type": "application/pdf",
}
RESPONSE = (
    ("move", {"move": "twin", "hintLevel": 3}),
    ("delta", {"text": "Take a **stone** of 30 g that displaces 12 ml of water:\n\n1. 30 g ÷ 12 ml\n2. = 2.5 g/ml"}),
    ("delta", {"text": "\n\nWhich of these steps can you use for your liquids?"}),
    ("citations", {"items": [QUOTED]}),
    ("done", {"tokensUsed": 9, "replaced": True, "outcome": "answered"}),
)
"""What the tutor answers in the pictures: a move of each kind would need a model."""


async def answer_in_pieces(visited: Visited) -> None:
    body = "".join(f"id: m/{n}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for n, (name, data) in enumerate(RESPONSE))
    await ask_tutor(visited, 200, "text/event-stream", body)
    await expect(visited.page.locator(".tutors").last).to_contain_text(visited.says("tutor.replaced"))


async def open_source(visited: Visited) -> None:
    await visited.page.route("**/api/ai/material/**", lambda route: route.fulfill(json=QUOTED_PAGE))
    await visited.page.locator(".tutors").last.get_by_role("button").first.click()


async def refuse_to_answer(visited: Visited) -> None:
    problem = json.dumps({"title": "Unavailable", "status": 503, "code": "ai_unavailable"})
    await ask_tutor(visited, 503, "application/problem+json", problem)
    await expect(visited.page.locator("form [role=alert]")).to_be_visible()


async def ask_tutor(visited: Visited, status: int, media: str, body: str) -> None:
    """Ask the tutor, who answers with this."""
    page = visited.page

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type=media, body=body)

    await page.route("**/api/ai/tutor", answer)
    await page.get_by_role("textbox", name=visited.says("tutor.message")).fill("30 / 12 = 2.5 🧪")
    await page.keyboard.press("Enter")


break_down = press("b")
propose = then(break_down, click("ai.ask", within="dialog"))


async def ask_for_much(visited: Visited) -> None:
    """Ask for steps of a text that takes a share of the day's tokens."""
    await break_down(visited)
    field = visited.page.get_by_label(visited.says("ai.brief.label"))
    await field.fill("\n\n".join([await field.input_value()] * 30))
    await click("ai.ask", within="dialog")(visited)
    await expect(visited.page.get_by_role("button", name=visited.says("ai.price.go"))).to_be_focused()


other_estimate = then(
    click("tasks.estimate", within=".properties", exact=False), click("tasks.estimate.other", "menuitem")
)

SCREENS = (
    Screen("sign-in", "guest", "/sign-in"),
    Screen("sign-in-refused", "guest", "/sign-in", wrong_password),
    Screen("sign-in-code", "protected", "/sign-in", sign_in_with_code),
    Screen("forgot-password", "guest", "/forgot-password"),
    Screen("reset-password", "guest", "/#/reset-password?token=one"),
    Screen("verify-email", "guest", "/#/verify-email?token=one"),
    Screen("welcome", "guest", "/welcome"),
    Screen("welcome-faults", "guest", "/welcome", empty_account),
    Screen("welcome-subjects", "newcomer", "/welcome?step=2"),
    Screen("welcome-task", "newcomer", "/welcome?step=3"),
    Screen("today", "ada", "/"),
    Screen("today-empty", "fresh", "/"),
    Screen("today-running", "runner", "/"),
    Screen("today-done", "ada", "/", open_fold(".done")),
    Screen("today-day", "ada", "/", open_fold(".fold"), phone=True),
    Screen("today-reading", "ada", "/", type_line(LINE), phone=False),
    Screen("today-plan-again", "ada", "/", click("tasks.replan")),
    Screen("today-close", "ada", "/", click("today.close"), phone=False),
    Screen("offline", "ada", "/", lose_the_connection),
    Screen("palette", "ada", "/", press("Control+k")),
    Screen("palette-found", "ada", "/", then(press("Control+k"), press("e"))),
    Screen("keys", "ada", "/", press("?")),
    Screen("more", "ada", "/", click("app.more"), phone=True),
    Screen("tasks", "ada", "/tasks"),
    Screen("tasks-empty", "fresh", "/tasks"),
    Screen("tasks-nothing", "ada", "/tasks?label=nowhere"),
    Screen("tasks-all", "ada", "/tasks?show=all&sort=title"),
    Screen("tasks-selected", "ada", "/tasks", on_row("x", "Shift+ArrowDown")),
    Screen("tasks-menu", "ada", "/tasks", row_menu),
    Screen("tasks-filter", "ada", "/tasks", click("tasks.filter.subject")),
    Screen("tasks-due", "ada", "/tasks", on_row("d")),
    Screen("tasks-labels", "ada", "/tasks", on_row("l")),
    Screen("tasks-add", "ada", "/tasks", then(press("a"), type_line(LINE, "dialog"))),
    Screen("tasks-board", "ada", "/tasks?view=board"),
    Screen("tasks-board-subjects", "ada", "/tasks?view=board&columns=subject"),
    Screen("task", "ada", "/tasks/{essay}"),
    Screen("task-long", "ada", "/tasks/{long}"),
    Screen("task-history", "ada", "/tasks/{essay}", open_fold(".history")),
    Screen("task-estimate", "ada", "/tasks/{essay}", other_estimate),
    Screen("task-repeat", "ada", "/tasks/{series}", click("tasks.repeats", within=".properties", exact=False)),
    Screen("task-series", "ada", "/tasks/{series}", press("Delete")),
    Screen("task-break-down", "reporter", "/tasks/{report}", break_down),
    Screen("task-break-down-faults", "reporter", "/tasks/{report}", then(break_down, nothing_to_break_down)),
    Screen("task-break-down-offline", "reporter", "/tasks/{report}", then(break_down, lose_the_connection_in_a_dialog)),
    Screen("task-break-down-price", "payer", "/tasks/{report}", ask_for_much),
    Screen("task-break-down-steps", "reporter", "/tasks/{report}", propose),
    Screen("task-break-down-file", "filer", "/tasks/{report}", then(break_down, choose_file)),
    Screen(
        "task-break-down-file-steps",
        "filer",
        "/tasks/{report}",
        then(break_down, choose_file, click("ai.ask", within="dialog")),
    ),
    Screen("task-split", "reporter", "/tasks/{report}", then(subtask_menu, click("ai.split", "menuitem"))),
    Screen("task-gone", "ada", f"/tasks/{NOWHERE}"),
    Screen("week", "ada", "/week"),
    Screen("week-empty", "fresh", "/week"),
    Screen("week-menu", "ada", "/week", block_menu),
    Screen("week-plan", "ada", "/week", then(block_menu, click("calendar.plan", "menuitem"))),
    Screen("week-new", "ada", "/week", press("n")),
    Screen("week-message", "ada", "/week", then(block_menu, plan_in_the_past)),
    Screen("week-unplanned", "ada", "/week", click("calendar.unplanned", exact=False), phone=True),
    Screen("week-events", "subscriber", "/week"),
    Screen("week-event", "subscriber", "/week?day=2030-01-30", open_event),
    Screen("week-account", "connected", "/week"),
    Screen("week-account-event", "connected", "/week?day=2030-01-28", open_busy),
    Screen("focus", "ada", "/focus"),
    Screen("focus-task", "ada", "/focus?task={essay}"),
    Screen("focus-empty", "fresh", "/focus"),
    Screen("focus-running", "runner", "/focus"),
    Screen("focus-paused", "pauser", "/focus"),
    Screen("focus-discard", "runner", "/focus", then(click("focus.more"), click("focus.discard", "menuitem"))),
    Screen("focus-after", "ada", "/focus?after={ended}"),
    Screen("focus-rest", "ada", f"/focus?rest={BREAK_ENDS}"),
    Screen("tutor", "tutored", "/tutor"),
    Screen("tutor-empty", "fresh", "/tutor"),
    Screen("tutor-new", "tutored", "/tutor?task={report}"),
    Screen("tutor-chat", "tutored", "/tutor/{chat}"),
    Screen("tutor-response", "tutored", "/tutor/{chat}", answer_in_pieces),
    Screen("tutor-source", "tutored", "/tutor/{chat}", then(answer_in_pieces, open_source)),
    Screen("tutor-refused", "tutored", "/tutor/{chat}", refuse_to_answer),
    Screen("tutor-offline", "tutored", "/tutor/{chat}", lose_the_tutor),
    Screen("tutor-delete", "tutored", "/tutor/{chat}", click("tutor.delete")),
    Screen("tutor-gone", "tutored", f"/tutor/{NOWHERE}"),
    Screen("practice", "learner", "/practice"),
    Screen("practice-empty", "fresh", "/practice"),
    Screen("practice-text", "learner", "/practice", empty_text),
    Screen("practice-question", "learner", "/practice/{new}"),
    Screen("practice-graded", "learner practising", "/practice", then(practise_text, choose_option)),
    Screen("practice-score", "learner", "/practice/{done}"),
    Screen("practice-delete", "learner", "/practice/{done}", click("practice.delete")),
    Screen("practice-gone", "learner", f"/practice/{NOWHERE}"),
    Screen("plan", "ada", "/plan"),
    Screen("plan-empty", "fresh", "/plan"),
    Screen("subjects", "ada", "/subjects"),
    Screen("subjects-empty", "fresh", "/subjects"),
    Screen("subjects-add", "ada", "/subjects", click("overview.add")),
    Screen("subject", "ada", "/subjects/{subject}"),
    Screen("subject-edit", "ada", "/subjects/{subject}", click("overview.edit.short")),
    Screen("subject-gone", "ada", f"/subjects/{NOWHERE}"),
    Screen("insights", "ada", "/insights"),
    Screen("insights-year", "ada", "/insights?range=year"),
    Screen("insights-table", "ada", "/insights", open_fold("figure details")),
    Screen("insights-empty", "fresh", "/insights"),
    Screen("points", "ada", "/points"),
    Screen("points-empty", "fresh", "/points"),
    Screen("notifications", "ada", "/notifications"),
    Screen("notifications-first", "reader", "/notifications"),
    Screen("settings", "ada", "/settings", phone=True),
    Screen("settings-profile", "ada", "/settings/profile"),
    Screen("settings-look", "ada", "/settings/look"),
    Screen("settings-rhythms", "ada", "/settings/rhythms"),
    Screen("settings-calendars", "publisher", "/settings/calendars"),
    Screen("settings-calendars-published", "published", "/settings/calendars"),
    Screen("settings-calendars-replace", "published", "/settings/calendars", click("calendar.feed.replace")),
    Screen("settings-calendars-unverified", "fresh", "/settings/calendars"),
    Screen("settings-calendars-subscribed", "subscriber", "/settings/calendars", see_changes),
    Screen("settings-calendars-courses", "subscriber", "/settings/calendars", see_courses),
    Screen("settings-calendars-moved", "subscriber", "/settings/calendars", replace_address),
    Screen("settings-calendars-remove", "subscriber", "/settings/calendars", remove_calendar),
    Screen("settings-calendars-refused", "subscriber", "/settings/calendars", click("calendar.feeds.add")),
    Screen("settings-calendars-accounts", "connected", "/settings/calendars"),
    Screen("settings-calendars-connect", "connected", "/settings/calendars", connect_to_nothing),
    Screen("settings-calendars-google", "connected", "/settings/calendars", click("calendar.accounts.google")),
    Screen("settings-calendars-reconnect", "connected", "/settings/calendars", reconnect_account),
    Screen("settings-calendars-disconnect", "connected", "/settings/calendars", disconnect_account),
    Screen("settings-rhythm-new", "ada", "/settings/rhythms", click("settings.rhythms.add")),
    Screen("settings-ai", "assisted", "/settings/ai"),
    Screen("settings-ai-sent", "assisted", "/settings/ai", open_fold("details")),
    Screen("settings-own-key", "assisted", "/settings/ai", click("settings.ai.key.add")),
    Screen("settings-ai-memory", "remembered", "/settings/ai"),
    Screen("settings-ai-fact", "remembered", "/settings/ai", click("memory.add")),
    Screen("settings-ai-forget", "remembered", "/settings/ai", forget),
    Screen("settings-keys", "ada", "/settings/keys"),
    Screen("settings-security", "ada", "/settings/security"),
    Screen("settings-new-key", "ada", "/settings/security", click("settings.key.create")),
    Screen("settings-second-factor", "ada", "/settings/security", click("settings.factor.begin")),
    Screen("settings-new-factor", "ada", "/settings/security", new_factor),
    Screen("settings-activity", "ada", "/settings/activity"),
    Screen("settings-data", "ada", "/settings/data"),
    Screen("settings-sign-out", "ada", "/settings/data", click("settings.signout", within=".part")),
    Screen("settings-delete", "ada", "/settings/delete"),
    Screen("settings-delete-asked", "ada", "/settings/delete", click("settings.delete")),
    Screen("conflicts-none", "ada", "/conflicts"),
    Screen("conflicts", "divided", "/conflicts", change_on_two_devices),
    Screen("not-found", "ada", "/nowhere"),
)
