"""The web app as browsers get it: its page, the files of its builds, their policy, and the page before a build."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]
import httpx2
import pytest
from tests.conftest import System, serving, settings_for

from studyteddy import __version__
from studyteddy.bootstrap import runtime
from studyteddy.embedded import web_build
from studyteddy.platform.web import waiting_page, web_builds
from studyteddy.platform.web.web_builds import Fault, Progress, Step

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html teddy-worker dompurify"
)
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "gzip, deflate, br, zstd"}
SCRIPT = b"console.log('Study Teddy');\n" * 50
NOWHERE = "redis://127.0.0.1:1/0"
"""Without Redis, so that requests of other tests from this machine aren't counted."""
KEYS = [f"{number:016x}" for number in range(1, 5)]


def put_build(folder: Path, key: str, **more: bytes) -> None:
    """Publish a build whose page names a script of its own."""
    files = {
        "index.html": f'<!doctype html><script type="module" src="/assets/index-{key}.js"></script>'.encode() * 9,
        f"assets/index-{key}.js": SCRIPT,
        "assets/figtree-Bx1.woff2": b"wOF2" * 500,
        "sw.js": b"addEventListener('fetch', () => {});\n" * 20,
        "manifest.webmanifest": b'{"name": "Study Teddy"}',
        "icons/icon-192.png": b"\x89PNG" * 100,
        **more,
    }
    fresh = folder / f"{key}.new"
    for name, content in files.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_bytes(content)
    web_build.compress(fresh)
    web_build.publish(folder, key, fresh)


@asynccontextmanager
async def server(system: System, folder: Path, **settings: str) -> AsyncIterator[httpx2.AsyncClient]:
    changed = settings_for(system.engines, web_dir=str(folder), **settings)
    async with (
        runtime.runtime(changed) as running,
        serving(running, runtime.application(running, watching=False)) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20) as client,
    ):
        client.headers["accept-encoding"] = "identity"
        yield client


@pytest.fixture(scope="module")
async def built(system: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A server with one build, in which somebody has placed a link to a file outside it."""
    folder = tmp_path_factory.mktemp("web")
    put_build(folder, KEYS[0])
    (folder / KEYS[0] / "linked.json").symlink_to(folder / web_builds.CURRENT)
    async with server(system, folder) as client:
        yield client


async def raw_status(client: httpx2.AsyncClient, path: str) -> int:
    """Return the status of a GET of exactly this path, as a browser would navigate."""
    where = urlsplit(str(client.base_url))
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: teddy\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


# --- the page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/tasks", "/week/2026-11-30", "/settings?tab=keys", "/apis", "/wsx"])
async def test_every_path_of_the_app_is_its_page(built: httpx2.AsyncClient, path: str) -> None:
    answer = await built.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == POLICY
    assert f"/assets/index-{KEYS[0]}.js" in answer.text


@pytest.mark.parametrize("path", ["/api", "/api/nowhere", "/ws", "/health/nowhere", "/metrics/x", "/assets/index-0.js"])
async def test_paths_of_the_api_and_missing_assets_are_never_the_page(built: httpx2.AsyncClient, path: str) -> None:
    answer = await built.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/tasks", "*/*", 404),
        ("/tasks", "application/json", 404),
        ("/", "*/*", 200),
        ("/", "application/json", 404),
        ("/favicon.ico", "image/avif,*/*", 404),
    ],
)
async def test_only_navigation_gets_the_page(built: httpx2.AsyncClient, path: str, accept: str, status: int) -> None:
    assert (await built.get(path, headers={"accept": accept})).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/", 405), ("PUT", "/sw.js", 405), ("DELETE", "/tasks", 404), ("OPTIONS", "/tasks", 404)],
)
async def test_other_methods_are_refused(built: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await built.request(method, path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers.get("allow") == ("GET, HEAD, OPTIONS" if status == 405 else None)


async def test_the_page_is_sent_once_while_it_stays_the_same(built: httpx2.AsyncClient) -> None:
    first = await built.get("/", headers=BROWSER)
    again = await built.get("/tasks", headers={**BROWSER, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "content-security-policy"):
        assert again.headers[name] == first.headers[name]
    assert "content-type" not in again.headers
    other = await built.get("/", headers={**BROWSER, "if-none-match": '"0123"'})
    assert other.status_code == 200


async def test_head_answers_as_get_without_a_body(built: httpx2.AsyncClient) -> None:
    for path in ("/", f"/assets/index-{KEYS[0]}.js"):
        get, head = await built.get(path, headers=BROWSER), await built.head(path, headers=BROWSER)
        assert head.content == b""
        varying = {"date", "x-request-id"}
        assert {name: value for name, value in head.headers.items() if name not in varying} == {
            name: value for name, value in get.headers.items() if name not in varying
        }


# --- the files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "media_type", "cache_control"),
    [
        (f"/assets/index-{KEYS[0]}.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/figtree-Bx1.woff2", "font/woff2", "public, max-age=31536000, immutable"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/icons/icon-192.png", "image/png", "public, max-age=86400"),
    ],
)
async def test_files_say_how_long_they_may_be_kept(
    built: httpx2.AsyncClient, path: str, media_type: str, cache_control: str
) -> None:
    answer = await built.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == cache_control
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "serial=()" in answer.headers["permissions-policy"]
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("zstd", None),
        ("*", "br"),
        ("", None),
        ("br;q=x", None),
    ],
)
async def test_ready_compressed_files_are_sent(built: httpx2.AsyncClient, accept: str, coding: str | None) -> None:
    async with built.stream("GET", f"/assets/index-{KEYS[0]}.js", headers={"accept-encoding": accept}) as answer:
        body = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress}.get(coding or "", bytes)(body)
    assert unpacked == SCRIPT
    assert int(answer.headers["content-length"]) == len(body)


async def test_what_compression_would_not_shrink_is_sent_as_it_is(built: httpx2.AsyncClient) -> None:
    answer = await built.get("/assets/figtree-Bx1.woff2", headers=BROWSER)
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/../current.json",
        "/current.json",
        "/assets/../../current.json",
        "/%2e%2e/current.json",
        "/..%2fcurrent.json",
        "/assets/..%5c..%5ccurrent.json",
        "/assets/%00",
        f"/{KEYS[0]}/index.html",
        "//etc/passwd",
        "/assets//etc/passwd",
        "/index.html.br",
        "/assets/",
        "/assets",
        "/linked.json",
    ],
)
async def test_only_files_of_the_build_are_served(built: httpx2.AsyncClient, path: str) -> None:
    assert await raw_status(built, "/index.html") == 200
    assert await raw_status(built, path) == 404


async def test_requests_of_the_app_are_not_limited_and_have_their_own_name(system: System, tmp_path: Path) -> None:
    """A class behind one address opens the app at the same time."""
    put_build(tmp_path, KEYS[0])
    async with server(system, tmp_path, limit_anonymous="5/3600:5", redis_url=NOWHERE) as client:
        for _ in range(20):
            assert (await client.get("/", headers=BROWSER)).status_code == 200
        counted = (await client.get("/metrics")).text
    (count,) = re.findall(r'^studyteddy_requests_total{route="web app",status="200"} ([0-9.]+)$', counted, re.M)
    assert float(count) >= 20


async def test_missing_files_count_against_the_limit_of_strangers(system: System, tmp_path: Path) -> None:
    put_build(tmp_path, KEYS[0])
    async with server(system, tmp_path, limit_anonymous="5/3600:5", redis_url=NOWHERE) as client:
        found = [(await client.get("/assets/guess.js")).status_code for _ in range(8)]
    assert found == [404] * 5 + [429] * 3


# --- builds --------------------------------------------------------------------------------------------


async def test_a_new_build_is_served_at_once_and_the_assets_of_the_last_two_stay(
    system: System, tmp_path: Path
) -> None:
    async with server(system, tmp_path) as client:
        assert (await client.get("/", headers=BROWSER)).status_code == 503
        for number, key in enumerate(KEYS[:3]):
            put_build(tmp_path, key, **{f"only-{number}.txt": b"x"})
            assert key in (await client.get("/", headers=BROWSER)).text
        statuses = [(await client.get(f"/assets/index-{key}.js")).status_code for key in KEYS[:3]]
        assert statuses == [404, 200, 200]
        assert [(await client.get(f"/only-{number}.txt")).status_code for number in range(3)] == [404, 404, 200]
        web_build.publish(tmp_path, KEYS[1])
        assert KEYS[1] in (await client.get("/", headers=BROWSER)).text


async def test_clients_are_told_the_build_that_is_served(system: System, tmp_path: Path) -> None:
    async with server(system, tmp_path) as client:
        told = [(await client.get("/api/app")).json()["build"]]
        for key in KEYS[:2]:
            put_build(tmp_path, key)
            told.append((await client.get("/api/app")).json()["build"])
    assert told == [__version__, *(f"{__version__}+{key}" for key in KEYS[:2])]


async def test_builds_can_change_while_requests_run(system: System, tmp_path: Path) -> None:
    """Whatever page a browser got, its script can be loaded."""
    for key in KEYS[:2]:
        put_build(tmp_path, key)
    async with server(system, tmp_path) as client:
        done = asyncio.Event()

        async def browse() -> int:
            count = 0
            while not done.is_set():
                page = await client.get("/", headers=BROWSER)
                assert page.status_code == 200
                (script,) = set(re.findall(r'src="([^"]+)"', page.text))
                answer = await client.get(script)
                assert (answer.status_code, answer.content) == (200, SCRIPT)
                count += 1
            return count

        browsing = [asyncio.ensure_future(browse()) for _ in range(4)]
        for number in range(30):
            await asyncio.to_thread(web_build.publish, tmp_path, KEYS[number % 2])
            await asyncio.sleep(0.01)
        done.set()
        assert min(await asyncio.gather(*browsing)) > 5


async def test_a_damaged_folder_is_the_waiting_page(system: System, tmp_path: Path) -> None:
    (tmp_path / web_builds.CURRENT).write_text('{"builds": ["../../etc"]}')
    async with server(system, tmp_path) as client:
        assert (await client.get("/", headers=BROWSER)).status_code == 503
        (tmp_path / web_builds.CURRENT).write_text("no JSON")
        assert (await client.get("/", headers=BROWSER)).status_code == 503


async def test_the_api_viewer_of_the_build_replaces_the_plain_page(system: System, tmp_path: Path) -> None:
    put_build(tmp_path, KEYS[0])
    async with server(system, tmp_path) as client:
        assert '<dt id="not_found">404 not_found</dt>' in (await client.get("/api/docs")).text
        put_build(tmp_path, KEYS[1], **{"docs.html": b"<!doctype html><title>API viewer</title>"})
        viewer = await client.get("/api/docs")
    assert viewer.text == "<!doctype html><title>API viewer</title>"
    assert viewer.headers["content-security-policy"] == POLICY
    assert viewer.headers["cache-control"] == "no-cache"


# --- policy and settings -------------------------------------------------------------------------------


async def test_the_bucket_of_attachments_joins_the_policy(system: System, tmp_path: Path) -> None:
    put_build(tmp_path, KEYS[0])
    storage = "s3://key:secret@bucket?endpoint=https://files.example.org"
    async with server(system, tmp_path, storage_url=storage) as client:
        policy = (await client.get("/", headers=BROWSER)).headers["content-security-policy"]
        of_the_api = (await client.get("/health/live")).headers["content-security-policy"]
    bucket = "https://files.example.org"
    assert f"connect-src 'self' {bucket};" in policy
    assert f"img-src 'self' blob: {bucket};" in policy
    assert policy.replace(f" {bucket}", "") == POLICY
    assert of_the_api == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("settings", [{"web": "off"}, {"web_dir": ""}])
async def test_without_the_web_app_only_the_api_is_served(
    system: System, tmp_path: Path, settings: dict[str, str]
) -> None:
    put_build(tmp_path, KEYS[0])
    changed = settings_for(system.engines, **{"web_dir": str(tmp_path), **settings})
    async with (
        runtime.runtime(changed) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert (await client.get("/", headers=BROWSER)).status_code == 404
        assert (await client.get("/api/docs")).status_code == 200


# --- before a build ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", Step)
async def test_the_waiting_page_names_the_running_step(system: System, tmp_path: Path, step: Step) -> None:
    web_builds.write(tmp_path / web_builds.PROGRESS, Progress(step))
    async with server(system, tmp_path) as client:
        page = await client.get("/tasks", headers=BROWSER)
        style = await client.get(waiting_page.STYLE_PATH)
    assert (page.status_code, page.headers["retry-after"], page.headers["cache-control"]) == (503, "2", "no-store")
    assert page.headers["content-security-policy"] == POLICY
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert re.findall(r'<li aria-current="step">([^<]+)<', page.text) == [waiting_page.LANGUAGES["en"].steps[step]]
    assert f'href="{waiting_page.STYLE_PATH}"' in page.text
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("language", waiting_page.LANGUAGES)
def test_the_waiting_page_says_what_failed_and_what_to_do(language: str, fault: Fault) -> None:
    page = waiting_page.render(Progress(Step.packages, fault), language).decode()
    texts = waiting_page.LANGUAGES[language]
    assert texts.steps[Step.packages] in page
    assert texts.remedies[fault] in page
    assert "./teddy web build" in page
    assert "refresh" not in page
    assert f'<html lang="{language}" dir="{texts.direction}">' in page


@pytest.mark.parametrize("progress", [Progress(Step.build), Progress(Step.build, Fault.failed)])
@pytest.mark.parametrize("language", waiting_page.LANGUAGES)
def test_the_waiting_page_keeps_the_policy(language: str, progress: Progress) -> None:
    page = waiting_page.render(progress, language).decode()
    assert re.search(r"<script|<style|\sstyle=|\son\w+=|//", page) is None


def test_the_waiting_page_has_every_text_in_every_language() -> None:
    for texts in waiting_page.LANGUAGES.values():
        assert set(texts.steps) == set(Step)
        assert set(texts.remedies) == set(Fault)
        assert all(texts)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr, ar;q=0.5", "ar"),
        ("fr", "en"),
        ("en;q=0.1, DE;q=0.2", "de"),
        ("de;q=0, en", "en"),
        ("de;q=x", "en"),
        ("ar-EG", "ar"),
    ],
)
def test_the_waiting_page_is_in_the_language_of_the_browser(header: str, language: str) -> None:
    assert waiting_page.choose_language(header) == language
