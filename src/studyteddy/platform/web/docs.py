"""The API reference: the viewer of the web app, or a plain page if there is none.

Both render the OpenAPI document without loading anything from other origins.
"""

from __future__ import annotations

from collections.abc import Callable

from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router
from studyteddy.platform.web.web_app import WebApp

router = Router("/api", tag="docs")

_CSP = b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Study Teddy API</title>
<link rel="stylesheet" href="/api/docs.css">
<main><h1>Study Teddy API</h1><p id="about">Loading…</p><nav id="tags"></nav><div id="operations"></div>
<h2>Problems</h2><dl id="problems"></dl></main>
<script src="/api/docs.js" defer></script>
</html>
"""

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: auto; padding: 1rem; }
nav a { margin-right: 1rem; }
summary { cursor: pointer; padding: .4rem 0; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; }
pre { overflow: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; }
dt { font-weight: 700; }
"""

_SCRIPT = """
const element = (name, text) => Object.assign(document.createElement(name), { textContent: text ?? '' });

function operation(api, path, method, spec) {
  const box = document.createElement('details');
  box.id = spec.operationId;
  const head = document.createElement('summary');
  const verb = element('span', method.toUpperCase());
  verb.className = 'method';
  head.append(verb, element('code', path), element('span', ' — ' + spec.summary));
  box.append(head);
  if (spec.description) box.append(element('p', spec.description));
  const section = (title, value) => box.append(element('h4', title), element('pre', JSON.stringify(value, null, 2)));
  if (spec.parameters.length) section('Parameters', spec.parameters);
  if (spec.requestBody) section('Body', spec.requestBody.content);
  box.append(element('h4', 'Responses'));
  for (const [status, given] of Object.entries(spec.responses)) {
    const response = given.$ref ? api.components.responses[given.$ref.split('/').pop()] : given;
    box.append(element('p', status + ' ' + response.description));
  }
  return box;
}

function show(api) {
  document.getElementById('about').textContent = api.info.description;
  const tags = new Map(), problems = new Map();
  for (const [path, methods] of Object.entries(api.paths)) for (const [method, spec] of Object.entries(methods)) {
    const tag = spec.tags[0];
    if (!tags.has(tag)) tags.set(tag, []);
    tags.get(tag).push(operation(api, path, method, spec));
    for (const response of Object.values({ ...spec.responses, ...api.components.responses })) {
      const examples = response.content?.['application/problem+json']?.examples ?? {};
      for (const [code, example] of Object.entries(examples)) problems.set(code, example.value);
    }
  }
  for (const [tag, boxes] of tags) {
    const heading = element('h2', tag);
    heading.id = tag;
    document.getElementById('tags').append(Object.assign(element('a', tag), { href: '#' + tag }));
    document.getElementById('operations').append(heading, ...boxes);
  }
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const box = document.createElement('details');
    box.append(element('summary', 'Schema ' + name), element('pre', JSON.stringify(schema, null, 2)));
    document.getElementById('operations').append(box);
  }
  for (const [code, problem] of [...problems].sort()) {
    const term = element('dt', problem.status + ' ' + code);
    term.id = code;
    document.getElementById('problems').append(term, element('dd', problem.title));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch('/api/openapi.json').then((response) => response.json()).then(show)
  .catch(() => { document.getElementById('about').textContent = "The document couldn't be loaded. Try again."; });
"""


def _file(text: str, media_type: bytes) -> Answer:
    headers = ((b"content-security-policy", _CSP), (b"cache-control", b"public, max-age=300"))
    return Answer(text.encode(), media_type=media_type, headers=headers)


@router.get("/docs", public=True)
async def get_docs(web_app: WebApp) -> Answer:
    """Get the API reference page."""
    return web_app.api_docs() or _file(_PAGE, b"text/html; charset=utf-8")


@router.get("/docs.css", public=True)
async def get_docs_style() -> Answer:
    """Get its style sheet."""
    return _file(_STYLE, b"text/css; charset=utf-8")


@router.get("/docs.js", public=True)
async def get_docs_script() -> Answer:
    """Get its script."""
    return _file(_SCRIPT, b"text/javascript; charset=utf-8")


@router.get("/openapi.json", public=True)
async def get_openapi(openapi_document: Callable[[], bytes]) -> Answer:
    """Get the OpenAPI document."""
    return Answer(openapi_document(), headers=((b"cache-control", b"public, max-age=300"),))
