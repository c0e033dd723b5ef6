"""The page that `/` shows until the web app is built: which step is running, or what to do if it failed.

It has no script: it keeps the policy of the app, and can't depend on a build. It reloads itself while one is running.
"""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.platform.web.web_builds import Fault, Progress, Step

STYLE_PATH = "/waiting.css"
_RELOAD = '<meta http-equiv="refresh" content="2">\n'
"""Reloads the page while a build is running. After a failure, which someone has to read, nothing happens by itself."""


class Texts(NamedTuple):
    """The texts of the page in one language."""

    direction: str
    waiting: str
    about: str
    steps: dict[Step, str]
    failed: str
    failed_step: str
    """Names the step that failed, `{step}`."""
    remedies: dict[Fault, str]
    api: str
    """Says that the API works; `{docs}` is the link to its reference."""


_COMMAND = '<code dir="ltr">./teddy web build</code>'
_DOCS = '<a href="/api/docs" dir="ltr">/api/docs</a>'

_ENGLISH = Texts(
    direction="ltr",
    waiting="Study Teddy is almost ready",
    about="The web app is being built. This happens once after an installation or an update, and takes about half a"
    " minute. This page reloads by itself.",
    steps={
        Step.node: "Getting Node.js",
        Step.packages: "Installing packages",
        Step.build: "Building the app",
        Step.compress: "Compressing its files",
    },
    failed="The web app couldn't be built",
    failed_step="This step failed: {step}.",
    remedies={
        Fault.no_network: "The computer that runs Study Teddy has no connection to the internet, which this step needs."
        f" Connect it, run {_COMMAND}, then reload this page.",
        Fault.failed: f"Run {_COMMAND} on the computer that runs Study Teddy to try again and see the error."
        " Then reload this page.",
    },
    api="The API is running: {docs}",
)

_GERMAN = Texts(
    direction="ltr",
    waiting="Study Teddy ist gleich bereit",
    about="Die Web-App wird gebaut. Das geschieht einmal nach einer Installation oder Aktualisierung und dauert etwa"
    " eine halbe Minute. Diese Seite lädt sich von selbst neu.",
    steps={
        Step.node: "Node.js bereitstellen",
        Step.packages: "Pakete installieren",
        Step.build: "App bauen",
        Step.compress: "Dateien komprimieren",
    },
    failed="Die Web-App konnte nicht gebaut werden",
    failed_step="Dieser Schritt ist fehlgeschlagen: {step}.",
    remedies={
        Fault.no_network: "Der Computer, auf dem Study Teddy läuft, hat keine Verbindung zum Internet, die dieser"
        f" Schritt braucht. Verbinde ihn, führe {_COMMAND} aus und lade diese Seite dann neu.",
        Fault.failed: f"Führe auf dem Computer, auf dem Study Teddy läuft, {_COMMAND} aus, um es erneut zu versuchen"
        " und den Fehler zu sehen. Lade diese Seite dann neu.",
    },
    api="Die API läuft: {docs}",
)

_ARABIC = Texts(
    direction="rtl",
    waiting="تطبيق Study Teddy جاهز تقريبًا",
    about="يجري بناء تطبيق الويب. يحدث هذا مرة واحدة بعد التثبيت أو التحديث، ويستغرق نحو نصف دقيقة. تُعاد هذه الصفحة"
    " تلقائيًا.",
    steps={
        Step.node: "إعداد Node.js",
        Step.packages: "تثبيت الحزم",
        Step.build: "بناء التطبيق",
        Step.compress: "ضغط الملفات",
    },
    failed="تعذّر بناء تطبيق الويب",
    failed_step="فشلت هذه الخطوة: {step}.",
    remedies={
        Fault.no_network: "الحاسوب الذي يشغّل Study Teddy غير متصل بالإنترنت، وهذه الخطوة تحتاج إليه. صِله بالإنترنت ثم"
        f" شغّل {_COMMAND} وأعد تحميل هذه الصفحة.",
        Fault.failed: f"شغّل {_COMMAND} على الحاسوب الذي يشغّل Study Teddy للمحاولة مجددًا ورؤية الخطأ، ثم أعد تحميل هذه"
        " الصفحة.",
    },
    api="واجهة API تعمل: {docs}",
)

LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "ar": _ARABIC}

_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{reload}<title>{title}</title>
<link rel="stylesheet" href="{style}">
<main>
<h1>{title}</h1>
{body}
<p class="soft">{api}</p>
</main>
</html>
"""

STYLE = b"""\
:root {
  color-scheme: light dark;
  --paper: light-dark(oklch(0.985 0.008 80), oklch(0.19 0.012 60));
  --card: light-dark(oklch(1 0 0), oklch(0.235 0.014 60));
  --ink: light-dark(oklch(0.27 0.02 60), oklch(0.93 0.012 80));
  --soft: light-dark(oklch(0.48 0.02 60), oklch(0.74 0.016 75));
  --hairline: light-dark(oklch(0.87 0.014 75), oklch(0.34 0.014 65));
  --honey: light-dark(oklch(0.56 0.125 55), oklch(0.8 0.12 75));
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main {
  box-sizing: border-box;
  max-width: 34rem;
  margin: 15vh auto 0;
  padding: 32px;
  background: var(--card);
  border: 1px solid var(--hairline);
  border-radius: 14px;
}
h1 { margin: 0 0 16px; font-size: 1.375rem; font-weight: 620; }
ol { padding-inline-start: 24px; }
li { color: var(--soft); }
li[aria-current] { color: var(--honey); font-weight: 620; }
.soft { margin-bottom: 0; color: var(--soft); font-size: 0.9375rem; }
a { color: inherit; }
code { font-family: ui-monospace, monospace; }
@media (max-width: 36rem) { main { margin: 16px; padding: 24px; } }
"""


def render(progress: Progress, accept_language: str) -> bytes:
    """Return the page for this progress, in the language that the browser prefers."""
    language = choose_language(accept_language)
    texts = LANGUAGES[language]
    page = _PAGE.format(
        language=language,
        direction=texts.direction,
        reload="" if progress.fault else _RELOAD,
        title=texts.failed if progress.fault else texts.waiting,
        style=STYLE_PATH,
        body=_failure(texts, progress.step, progress.fault) if progress.fault else _steps(texts, progress.step),
        api=texts.api.format(docs=_DOCS),
    )
    return page.encode()


def choose_language(accept_language: str) -> str:
    """Return the language of the page that an `Accept-Language` header prefers; English if it names none."""
    best, best_quality = "en", 0.0
    for part in accept_language.split(",")[:20]:
        name, _, quality = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in LANGUAGES and weight > best_quality:
            best, best_quality = language, weight
    return best


def _steps(texts: Texts, current: Step) -> str:
    mark = {current: ' aria-current="step"'}
    items = "\n".join(f"<li{mark.get(step, '')}>{texts.steps[step]}</li>" for step in Step)
    return f"<p>{texts.about}</p>\n<ol>\n{items}\n</ol>"


def _failure(texts: Texts, step: Step, fault: Fault) -> str:
    return f"<p>{texts.failed_step.format(step=texts.steps[step])}</p>\n<p>{texts.remedies[fault]}</p>"
