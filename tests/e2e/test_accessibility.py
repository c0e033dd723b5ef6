"""Every screen and state, in light, dark, on a phone and in Arabic: usable without seeing it.

The tree of roles and names of each screen is kept in `snapshots/`; `UPDATE_SNAPSHOTS=1` writes it anew. With
`PICTURES=folder` the same run takes a picture of each screen in each look, and in German.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from tests.e2e.screens import SCREENS, Screen
from tests.e2e.students import DARK, GERMAN, LIGHT, LOOKS, PHONE_LOOK, Look, Students, Visited, texts

SNAPSHOTS = Path(__file__).parent / "snapshots"
PICTURES = os.environ.get("PICTURES")
NAMELESS = re.compile(
    r"^\s*- (?:button|link|textbox|searchbox|checkbox|radio|switch|combobox|slider|spinbutton|menuitem|option|tab)"
    r"(?: \[.*\])?:?$",
    re.MULTILINE,
)
EVERYTHING = {"resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What can differ in the dark: the elements are those of the light."""
CHANGING = re.compile(r"used \w+ \d+, \d+, [\d:]+\s[AP]M|about [\d.,]+ [kM]?B|\b[A-Z2-7]{32}\b|\S+/feed\.ics\S*")
"""When a device was used last, by the clock of the database, what is kept in bytes, and secrets: other in each run."""
CASES = [
    pytest.param(screen, look, id=f"{screen.name}-{look.name}")
    for look in (*LOOKS, *((GERMAN,) if PICTURES else ()))
    for screen in SCREENS
    if screen.fits(look.name)
]


@pytest.mark.parametrize(("screen", "look"), CASES)
async def test_each_screen_is_accessible(class_of: Students, screen: Screen, look: Look) -> None:
    """axe finds nothing, each control has a name, and the tree is the one that was reviewed."""
    visited = await class_of.page(screen.student, look)
    visited.faults.clear()
    await screen.show(visited)
    await take_picture(visited, screen, look)
    tree = await tree_of(visited)
    assert NAMELESS.findall(tree) == []
    assert await visited.page.title() != ""
    assert keys_in(tree) == [], "shown before their texts are there"
    options = COLOURS if look is DARK else EVERYTHING
    found = (await Axe().run(visited.page, options=options)).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
    if look is LIGHT or (look is PHONE_LOOK and screen.phone):
        compare(screen.name, tree)
    assert visited.faults == []


async def tree_of(visited: Visited) -> str:
    """Return the roles and names of the page, without addresses, which name objects by their ids."""
    tree = CHANGING.sub("…", await visited.page.locator("body").aria_snapshot())
    return "\n".join(line for line in tree.splitlines() if not line.lstrip().startswith("- /url:")) + "\n"


def keys_in(tree: str) -> list[str]:
    """Return the keys of texts that are shown themselves."""
    named = set(re.findall(r'"([a-z]+(?:\.[\w=-]+)+)"|: ([a-z]+(?:\.[\w=-]+)+)$', tree, re.MULTILINE))
    return sorted({key for pair in named for key in pair} & texts("en").keys())


def compare(name: str, tree: str) -> None:
    file = SNAPSHOTS / f"{name}.yml"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(tree)
    assert file.exists(), "UPDATE_SNAPSHOTS=1 writes the tree of a new screen"
    assert tree == file.read_text()


async def take_picture(visited: Visited, screen: Screen, look: Look) -> None:
    if not PICTURES:
        return
    folder = Path(PICTURES) / look.name
    folder.mkdir(parents=True, exist_ok=True)
    await visited.page.screenshot(path=folder / f"{screen.name}.png", animations="disabled")
