"""What the system asks for: less motion, forced colours, more contrast."""

from __future__ import annotations

import pytest
from tests.e2e.screens import SCREENS, Screen
from tests.e2e.students import Look, Students

NAMES = ("today", "today-running", "tasks", "tasks-board", "task", "week", "focus-running", "insights", "settings-look")
MAIN = [screen for screen in SCREENS if screen.name in NAMES]
LONGEST = """() => {
    const seconds = (list) => Math.max(...list.split(",").map((part) => parseFloat(part)));
    const slow = [];
    for (const one of document.querySelectorAll("*")) {
        for (const pseudo of [null, "::before", "::after"]) {
            const style = getComputedStyle(one, pseudo);
            const animated = style.animationName !== "none" ? seconds(style.animationDuration) : 0;
            const property = style.transitionProperty === "none" ? 0 : seconds(style.transitionDuration);
            if (Math.max(animated, property) > 0.0801) slow.push(`${one.tagName} ${one.className} ${pseudo ?? ""}`);
        }
    }
    return slow;
}"""
"""Elements whose transitions or animations may take longer than 80 ms."""
UNSEEN = """() => {
    const faults = [];
    const said = (one) => `${one.tagName} ${one.className} “${one.textContent.trim().slice(0, 30)}”`;
    const inks = (one) => {
        const style = getComputedStyle(one);
        const line = ["Top", "Bottom", "Left", "Right"].some((side) =>
            parseFloat(style[`border${side}Width`]) > 0 && style[`border${side}Style`] !== "none");
        return line || style.outlineStyle !== "none" || one.textContent.trim() || one.querySelector("svg")
            || one.matches("svg") || /checkbox|radio|color|range|file/.test(one.type ?? "");
    };
    for (const one of document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary)")) {
        if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".visually-hidden")) continue;
        const near = one.parentElement;
        const around = [near, near.parentElement, near.parentElement.parentElement];
        if (inks(one) || [...one.querySelectorAll("*"), ...around].some(inks)) continue;
        faults.push(said(one));
    }
    for (const icon of document.querySelectorAll("main svg.icon")) {
        if (!icon.checkVisibility()) continue;
        const { stroke, fill, color } = getComputedStyle(icon);
        const behind = getComputedStyle(icon.closest("button, a") ?? document.body).backgroundColor;
        const unseen = [stroke, fill, color].every((ink) => ink === "none" || ink === behind);
        if (unseen) faults.push(`icon of ${said(icon.parentElement)}`);
    }
    return faults;
}"""
FOCUS = """() => {
    const { activeElement: one } = document;
    if (!one || one === document.body) return null;
    if (one.matches("input[type=time]:not(:focus-visible)")) return ""; // its button has the focus, and shows it itself
    const chain = [...one.querySelectorAll("*"), one.nextElementSibling].filter(Boolean);
    for (let around = one; around && !around.matches("main"); around = around.parentElement) chain.push(around);
    const seen = chain.some((part) => {
        const style = getComputedStyle(part);
        const { outlineStyle, outlineWidth, outlineColor } = style;
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && outlineColor !== "rgba(0, 0, 0, 0)";
    });
    const name = (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 30);
    return seen ? "" : `${one.tagName} ${one.className} “${name}”`;
}"""
"""Nothing if no control has the focus; empty if its focus can be seen; else what it is."""
STILL = Look("still", options={"reduced_motion": "reduce"})
FORCED = Look("forced", options={"forced_colors": "active"})
CONTRAST = Look("contrast", options={"contrast": "more"})


def named(screen: Screen) -> str:
    return screen.name


@pytest.mark.parametrize("screen", MAIN, ids=named)
async def test_with_less_motion_nothing_moves_for_longer_than_80_milliseconds(
    class_of: Students, screen: Screen
) -> None:
    visited = await class_of.page(screen.student, STILL)
    await screen.show(visited)
    assert await visited.page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert await visited.page.evaluate(LONGEST) == []


@pytest.mark.parametrize("screen", MAIN, ids=named)
async def test_in_forced_colours_every_control_and_its_focus_is_seen(class_of: Students, screen: Screen) -> None:
    visited = await class_of.page(screen.student, FORCED)
    await screen.show(visited)
    assert await visited.page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert await visited.page.evaluate(UNSEEN) == []
    assert await focus_faults(visited.page) == []


@pytest.mark.parametrize("screen", MAIN, ids=named)
async def test_with_more_contrast_every_focus_is_seen(class_of: Students, screen: Screen) -> None:
    visited = await class_of.page(screen.student, CONTRAST)
    await screen.show(visited)
    assert await focus_faults(visited.page) == []
    soft = await visited.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--soft')")
    assert soft == await visited.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")


async def focus_faults(page: object) -> list[str]:
    """Press Tab through the screen; return the controls whose focus can't be seen."""
    faults, reached = [], 0
    for _ in range(40):
        await page.keyboard.press("Tab")  # type: ignore[attr-defined]
        fault = await page.evaluate(FOCUS)  # type: ignore[attr-defined]
        reached += fault is not None
        if fault:
            faults.append(fault)
    assert reached > 3
    return faults
