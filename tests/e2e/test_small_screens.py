"""A window of 320 pixels, text at twice its size, and text with more space: nothing is cut, everything is reached."""

from __future__ import annotations

import pytest
from tests.e2e.screens import SCREENS, Screen
from tests.e2e.students import Look, Students

NARROW = Look("phone 320", options={"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True})
ZOOMED = Look("zoomed", options={"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2})
"""A window of 1280 by 800 pixels at 200 %."""
SPACED = Look("spaced")
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }`);
    document.adoptedStyleSheets.push(sheet);
}"""
"""The spacing that WCAG 1.4.12 names."""
FAULTS = """() => {
    const faults = [];
    const twoDimensions = ".days, .board, figure .scroll, .tray ul, .tray div";
    const top = document.querySelector(
        "dialog:modal, [role=menu][data-state=open], [data-scope=date-picker][data-state=open]")
        ?? document.body;
    const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && !one.closest("[aria-hidden=true], .visually-hidden, .skip, [inert], option, .printed");
    const said = (one) => `${one.tagName.toLowerCase()}.${one.className?.baseVal ?? one.className} “${
        (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40)}”`;
    if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
    for (const one of top.querySelectorAll("*")) {
        if (!shown(one) || one.closest(twoDimensions)) continue;
        const style = getComputedStyle(one);
        const clips = (axis) => /hidden|clip/.test(style[axis]);
        const wide = one.scrollWidth > one.clientWidth + 1 && !one.matches("textarea, input");
        if (wide && /auto|scroll/.test(style.overflowX))
            faults.push(`scrolls sideways: ${said(one)}`);
        const text = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!text) continue;
        const { left, right, width } = one.getBoundingClientRect();
        if (width > 1 && (left < -1 || right > innerWidth + 1)) faults.push(`beside the window: ${said(one)}`);
        const ends = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
        if (clips("overflowX") && !ends && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
            faults.push(`cut at its side: ${said(one)}`);
        const high = one.scrollHeight - one.clientHeight > parseFloat(style.fontSize) / 2;
        if (clips("overflowY") && !ends && one.clientHeight > 1 && high) faults.push(`cut below: ${said(one)}`);
    }
    const controls = "a[href], button:not(:disabled), input, select, textarea, summary, [role=menuitem], [role=option]";
    for (const one of top.querySelectorAll(controls)) {
        if (!shown(one) || one.closest(twoDimensions) || one.matches("[type=radio], [type=checkbox]")) continue;
        one.scrollIntoView({ block: "center", inline: "center" });
        const rect = one.getBoundingClientRect();
        if (rect.width < 1 || rect.height < 1) continue;
        const [x, y] = [rect.left + rect.width / 2, rect.top + rect.height / 2];
        const hit = document.elementFromPoint(x, y);
        if (hit?.closest(".toaster")) continue; // a message that can be dismissed, and goes
        if (hit && (one.contains(hit) || hit.contains(one) || hit.closest("label")?.control === one)) continue;
        faults.push(`can’t be reached: ${said(one)}, ${hit ? `behind ${said(hit)}` : "outside"}`);
    }
    return faults;
}"""
CASES = [(screen, look) for look in (NARROW, ZOOMED, SPACED) for screen in SCREENS if screen.fits(look.name)]


@pytest.mark.parametrize(
    ("screen", "look"), [pytest.param(*case, id=f"{case[0].name}-{case[1].name}") for case in CASES]
)
async def test_nothing_is_cut_and_every_action_is_reached(class_of: Students, screen: Screen, look: Look) -> None:
    visited = await class_of.page(screen.student, look)
    await screen.show(visited)
    if look is SPACED:
        await visited.page.evaluate(SPACING)
    assert await visited.page.evaluate(FAULTS) == []
