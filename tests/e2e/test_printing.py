"""The week on paper: one page of A4, black on white."""

from __future__ import annotations

import re
import zlib

from playwright.async_api import Page
from tests.e2e.students import Look, Students

A4 = (842, 595)
"""Points, lying."""
CUT = """() => [...document.querySelectorAll(".printed, .printed *")].filter((one) => {
    const { right, bottom } = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const more = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
    return (more && /hidden|clip/.test(style.overflow)) || right > innerWidth + 1 || bottom > innerHeight + 1;
}).map((one) => one.textContent.slice(0, 40))"""
BOXES = """() => [...document.querySelectorAll(".printed li")].map((one) => {
    const { borderTopWidth, content, display } = getComputedStyle(one, "::before");
    return content !== "none" && display !== "none" && parseFloat(borderTopWidth) > 0;
})"""
INKS = """() => [...new Set([...document.querySelectorAll(".printed *")].map((one) => getComputedStyle(one).color))]"""


async def print_week(page: Page) -> bytes:
    await page.emulate_media(media="print")
    return await page.pdf(prefer_css_page_size=True)


def streams_of(pdf: bytes) -> list[bytes]:
    """Return the streams of a PDF, unpacked."""
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return found


def text_of(pdf: bytes) -> str:
    """Return the text of a PDF that is set in one typeface: its glyphs by what the fonts say that they stand for."""
    streams = streams_of(pdf)
    table: dict[int, str] = {}
    for one in streams:
        if b"begincmap" in one:
            table |= table_of(one)
    glyphs = [re.findall(rb"<([0-9A-Fa-f]+)>", one) for one in streams if b"BT" in one and b"begincmap" not in one]
    return "".join(table.get(int(code, 16), "") for page in glyphs for code in page)


def table_of(cmap: bytes) -> dict[int, str]:
    """Return what the codes of a font stand for."""
    table: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table |= {code: chr(int(text, 16) + n) for n, code in enumerate(range(int(first, 16), int(last, 16) + 1))}
    return table


async def test_the_week_is_printed_on_one_page_of_a4_with_all_that_is_planned(class_of: Students) -> None:
    visited = await class_of.page("ada", Look("paper"))
    await visited.goto("/week")
    pdf = await print_week(visited.page)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[([\d. ]+)\]", pdf)
    assert box
    assert tuple(round(float(part)) for part in box[1].split()[2:]) == A4
    text = text_of(pdf).replace(" ", "").replace("\u202f", "")
    for words in ("Week 5", "Mon, Jan 28", "Sun, Feb 3", "Problem set on waves", "Essay draft: the Congress of Vienna"):
        assert words.replace(" ", "") in text, words
    assert "2h10of3h" in text
    assert "20minover" in text
    assert "Search" not in text


async def test_what_is_printed_is_black_on_white_and_whole_with_a_box_for_each_task(class_of: Students) -> None:
    visited = await class_of.page("ada", Look("paper"))
    await visited.goto("/week")
    page = visited.page
    await page.emulate_media(media="print", color_scheme="dark")
    await page.set_viewport_size({"width": 1047, "height": 718})  # what the margins of 10 mm leave of A4
    assert await page.evaluate(CUT) == []
    boxes = await page.evaluate(BOXES)
    assert boxes
    assert all(boxes)
    assert await page.evaluate(INKS) == ["rgb(0, 0, 0)"]
    assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    await page.emulate_media(media="screen", color_scheme="light")
    await page.set_viewport_size({"width": 1280, "height": 800})
