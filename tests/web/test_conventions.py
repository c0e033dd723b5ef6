"""Conventions of every route: problems, headers, ETags, rate limits, compression."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import brotli  # type: ignore[import-untyped]  # no stubs
import httpx2
import pytest
import zstandard
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.platform.web import compression


async def test_an_unknown_path_is_a_problem(guest: httpx2.AsyncClient) -> None:
    answer = await guest.get("/api/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_unknown_method_lists_the_allowed_ones(guest: httpx2.AsyncClient) -> None:
    answer = await guest.put("/api/auth/login")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.json()["detail"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic dGVkZHk6", "Bearer a.b.c", "bearer " + "A" * 5000])
async def test_a_valid_token_is_required(guest: httpx2.AsyncClient, header: str) -> None:
    answer = await guest.get("/api/tasks", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_request_id_is_accepted_or_generated(guest: httpx2.AsyncClient) -> None:
    given = await guest.get("/health/live", headers={"x-request-id": "my-request-0001"})
    assert given.headers["x-request-id"] == "my-request-0001"
    hostile = await guest.get("/health/live", headers={"x-request-id": "<script>alert(1)</script>"})
    assert "script" not in hostile.headers["x-request-id"]
    traced = await guest.get("/health/live", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    assert traced.headers["x-request-id"] == "ab" * 16


@pytest.mark.parametrize("path", ["/api/tasks", "/health/live", "/api/nowhere", "/api/docs"])
async def test_every_response_has_security_headers(guest: httpx2.AsyncClient, path: str) -> None:
    headers = (await guest.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["permissions-policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


async def test_every_response_has_rate_limit_headers(alice: Person, guest: httpx2.AsyncClient) -> None:
    for answer in (await alice.get("/api/tasks"), await guest.get("/api/tasks"), await guest.get("/api/nowhere")):
        assert "q=" in answer.headers["ratelimit-policy"]
        assert "r=" in answer.headers["ratelimit"]


async def test_a_matching_etag_returns_304(alice: Person) -> None:
    task = await alice.task()
    first = await alice.get(f"/api/tasks/{task['id']}")
    again = await alice.get(f"/api/tasks/{task['id']}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_an_etag_changes_with_a_joined_field(alice: Person) -> None:
    subject = await alice.subject("Before")
    task = await alice.task(subjectId=subject["id"])
    before = (await alice.get(f"/api/tasks/{task['id']}")).headers["etag"]
    await alice.patch(f"/api/subjects/{subject['id']}", {"name": "After"})
    assert (await alice.get(f"/api/tasks/{task['id']}")).headers["etag"] != before


async def test_the_response_to_a_change_has_the_etag_of_the_next_read(alice: Person) -> None:
    created = await alice.post("/api/tasks", {"title": "x"})
    read = await alice.get(f"/api/tasks/{created.json()['id']}")
    assert created.headers["etag"] == read.headers["etag"]


async def test_a_stale_change_is_rejected(alice: Person) -> None:
    task = await alice.task("original")
    path = f"/api/tasks/{task['id']}"
    etag = (await alice.get(path)).headers["etag"]
    assert (await alice.patch(path, {"title": "mine"}, headers={"if-match": etag})).status_code == 200
    stale = await alice.patch(path, {"title": "theirs"}, headers={"if-match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (await alice.delete(path, headers={"if-match": etag})).status_code == 412
    assert (await alice.get(path)).json()["title"] == "mine"
    assert (await alice.delete(path, headers={"if-match": "*"})).status_code == 204


RHYTHM = {"workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 15, "cycles": 4}
OBJECTS = {
    "subject": {"description": "mine"},
    "step": {"title": "mine"},
    "attachment": {"name": "mine.txt"},
    "preset": {"name": "mine"},
    "session": {"notes": "mine"},
    "series": {"title": "mine"},
}


async def an_object(alice: Person, kind: str) -> str:
    """Create an object and return its path."""
    if kind == "subject":
        return f"/api/subjects/{(await alice.subject())['id']}"
    if kind == "preset":
        return f"/api/focus-presets/{made(await alice.post('/api/focus-presets', {'name': 'x', **RHYTHM}))['id']}"
    if kind == "session":
        return f"/api/focus-sessions/{made(await alice.post('/api/focus-sessions', {'type': 'custom'}))['id']}"
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY"} if kind == "series" else None)
    path = f"/api/tasks/{task['id']}"
    if kind == "step":
        return f"{path}/subtasks/{made(await alice.post(f'{path}/subtasks', {'title': 'x'}))['id']}"
    if kind == "attachment":
        return f"{path}/attachments/{(await alice.attachment(task['id']))['id']}"
    return path


@pytest.mark.parametrize(("kind", "change"), OBJECTS.items())
async def test_every_resource_supports_if_match(alice: Person, kind: str, change: dict[str, str]) -> None:
    path = await an_object(alice, kind)
    asked = f"{path}?scope=all" if kind == "series" else path
    first = (await alice.get(path)).headers["etag"]
    known = await alice.get(path, headers={"if-none-match": first})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", first)
    changed = await alice.patch(asked, change, headers={"if-match": first})
    assert (changed.status_code, changed.headers["etag"] != first) == (200, True)
    assert (await alice.get(path, headers={"if-none-match": first})).headers["etag"] == changed.headers["etag"]
    for answer in (
        await alice.patch(asked, dict.fromkeys(change, "theirs.txt"), headers={"if-match": first}),
        await alice.delete(asked, headers={"if-match": first}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert (await alice.get(path)).json() == changed.json()
    assert (await alice.delete(asked, headers={"if-match": changed.headers["etag"]})).status_code == 204


@pytest.mark.parametrize(("kind", "change"), OBJECTS.items())
async def test_every_resource_accepts_its_version_in_if_match(alice: Person, kind: str, change: dict[str, str]) -> None:
    path = await an_object(alice, kind)
    asked = f"{path}?scope=all" if kind == "series" else path
    first = (await alice.get(path)).json()["version"]
    changed = made(await alice.patch(asked, change, headers={"if-match": f'"v{first}"'}), 200)
    assert changed["version"] > first
    for stale in (f'"v{first}"', f'"v{changed["version"] + 1}"', f'W/"v{changed["version"]}"'):
        theirs = await alice.patch(asked, dict.fromkeys(change, "theirs.txt"), headers={"if-match": stale})
        assert (theirs.status_code, theirs.json()["code"]) == (412, "stale_version")
        assert (await alice.delete(asked, headers={"if-match": stale})).status_code == 412
    assert (await alice.get(path)).json() == changed
    either = f'"other", "v{changed["version"]}"'
    assert (await alice.delete(asked, headers={"if-match": either})).status_code == 204


async def test_a_change_of_nothing_keeps_the_version(alice: Person) -> None:
    for kind, change in OBJECTS.items():
        path = await an_object(alice, kind)
        first = made(await alice.patch(path, change), 200)
        assert made(await alice.patch(path, change), 200) == first


async def test_a_task_counts_its_subtasks_and_its_minutes_as_changes(alice: Person) -> None:
    path = f"/api/tasks/{(await alice.task())['id']}"
    versions = [1]
    step = made(await alice.post(f"{path}/subtasks", {"title": "one"}))
    versions.append((await alice.get(path)).json()["version"])
    await alice.patch(f"{path}/subtasks/{step['id']}", {"completed": True})
    versions.append((await alice.get(path)).json()["version"])
    past = {"startedAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "minutes": 20, "taskId": path[-36:]}
    made(await alice.post("/api/focus-sessions/past", past))
    versions.append((await alice.get(path)).json()["version"])
    assert versions == sorted(set(versions))


async def test_one_of_several_concurrent_edits_with_the_same_etag_succeeds(alice: Person) -> None:
    task = await alice.task("original")
    path = f"/api/tasks/{task['id']}"
    headers = {"if-match": (await alice.get(path)).headers["etag"]}
    answers = await asyncio.gather(*(alice.patch(path, {"title": f"edit {n}"}, headers=headers) for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_a_weakened_etag_still_revalidates(alice: Person) -> None:
    path = f"/api/tasks/{(await alice.task())['id']}"
    tag = (await alice.get(path)).headers["etag"]
    assert (await alice.get(path, headers={"if-none-match": f"W/{tag}"})).status_code == 304
    assert (await alice.patch(path, {"title": "x"}, headers={"if-match": f"W/{tag}"})).status_code == 412


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
async def test_a_body_in_another_encoding_is_malformed(alice: Person, encoding: str) -> None:
    content = '{"title": "Read"}'.encode(encoding)
    answer = await alice.http.post("/api/tasks", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("sent", [b"", b'{"version": '])
async def test_a_request_whose_client_leaves_before_its_end_has_no_effect(alice: Person, sent: bytes) -> None:
    """A command with an optional body must not run as if the body was empty."""
    task = await alice.task()
    path, key = f"/api/tasks/{task['id']}/complete", "left-early"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: teddy\r\nAuthorization: Bearer {alice.access_token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: 40\r\n\r\n"
    )
    url = alice.http.base_url
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + sent)
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.5)
    assert (await alice.get(f"/api/tasks/{task['id']}")).json()["status"] == "pending"
    answer = await alice.post(path, {}, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_responses_are_compressed_as_requested(system: System, alice: Person, coding: str) -> None:
    task = await alice.task(description="long " * 1000)
    path = f"/api/tasks/{task['id']}"
    async with alice.http.stream("GET", path, headers={"accept-encoding": coding}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": lambda b: zstandard.decompress(b)}[coding]
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert json.loads(unpack(raw)) == task
    tag = answer.headers["etag"]
    assert tag.endswith(f'-{coding}"')
    assert (await alice.patch(path, {"title": "y"}, headers={"if-match": tag})).status_code == 200


async def test_secrets_are_never_compressed(guest: httpx2.AsyncClient) -> None:
    account = {"email": "secret@example.org", "password": "correct horse battery", "name": "x" * 100}
    answer = await guest.post("/api/auth/register", json=account, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"", 415, "unsupported_media_type"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"title": "\\ud800"}', 422, "invalid"),
        (b'{"title": "a\\u0000b"}', 422, "invalid"),
        (b'{"title": NaN}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'\xff\xfe{"title": "x"}', 400, "malformed_json"),
        (b'{"title": "' + b"x" * (1 << 20) + b'"}', 413, "body_too_large"),
    ],
)
async def test_an_invalid_body_returns_the_right_problem(alice: Person, body: bytes, status: int, code: str) -> None:
    headers = {"content-type": "application/json"} if body else {}
    answer = await alice.http.post("/api/tasks", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await alice.get("/api/tasks")).json()["items"] == []


async def test_a_chunked_body_is_limited_too(alice: Person) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    answer = await alice.http.post("/api/tasks", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_other_media_types_are_rejected(alice: Person) -> None:
    answer = await alice.http.post("/api/tasks", content=b"title=x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_an_idempotency_key_replays_the_response(system: System, alice: Person) -> None:
    headers = {"idempotency-key": "once-only"}
    answers = [await alice.post("/api/tasks", {"title": "once"}, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true"]
    assert len((await alice.get("/api/tasks")).json()["items"]) == 1


async def test_an_idempotency_key_with_a_different_body_is_rejected(alice: Person) -> None:
    headers = {"idempotency-key": "once-only"}
    await alice.post("/api/tasks", {"title": "once"}, headers=headers)
    answer = await alice.post("/api/tasks", {"title": "other"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


async def test_idempotency_keys_are_per_user_and_route(alice: Person, bob: Person) -> None:
    headers = {"idempotency-key": "shared"}
    assert "idempotent-replayed" not in (await alice.post("/api/tasks", {"title": "x"}, headers=headers)).headers
    assert "idempotent-replayed" not in (await bob.post("/api/tasks", {"title": "x"}, headers=headers)).headers
    subject = {"name": "x", "color": "#000000"}
    assert made(await alice.post("/api/subjects", subject, headers=headers))["name"] == "x"


async def test_a_failed_request_can_be_retried_with_its_key(alice: Person) -> None:
    headers = {"idempotency-key": "second-chance"}
    subject = {"name": "Taken", "color": "#000000"}
    other = await alice.subject("Taken")
    assert (await alice.post("/api/subjects", subject, headers=headers)).status_code == 409
    await alice.delete(f"/api/subjects/{other['id']}")
    assert (await alice.post("/api/subjects", subject, headers=headers)).status_code == 201


async def test_health_lists_every_component(guest: httpx2.AsyncClient) -> None:
    report = (await guest.get("/health")).json()
    assert report["status"] == "ok"
    assert set(report["checks"]) == {"database", "redis", "queue"}
    assert (await guest.get("/health/ready")).status_code == 200


async def test_metrics_count_what_happened(alice: Person, guest: httpx2.AsyncClient, system: System) -> None:
    await alice.post(f"/api/tasks/{(await alice.task())['id']}/complete")
    await system.work()
    text = (await guest.get("/metrics")).text
    for name in (
        'studyteddy_response_seconds_count{route="POST /api/tasks"}',
        'studyteddy_requests_total{route="POST /api/tasks",status="201"}',
        'studyteddy_query_seconds_count{access="read"}',
        'studyteddy_query_seconds_count{access="transaction"}',
        'studyteddy_job_waiting_seconds_count{kind="gamification.award_points"}',
        'studyteddy_job_running_seconds_count{kind="gamification.award_points"}',
    ):
        (count,) = re.findall(rf"^{re.escape(name)} ([0-9.]+)$", text, re.M)
        assert float(count) > 0, name
    assert alice.access_token not in text


async def test_head_has_no_body(guest: httpx2.AsyncClient) -> None:
    answer = await guest.head("/health/live")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_docs_page_loads_no_external_resources(guest: httpx2.AsyncClient) -> None:
    page = await guest.get("/api/docs")
    addresses = re.findall(r"""(?:href|src)=["']?([^"' >]+)""", page.text)
    assert addresses == ["/api/openapi.json"]
    assert (await guest.get(addresses[0])).status_code == 200


async def test_the_type_of_every_problem_leads_to_its_place_on_the_docs_page(guest: httpx2.AsyncClient) -> None:
    page = (await guest.get("/api/docs")).text
    missing = (await guest.get("/api/nothing")).json()
    assert f'id="{missing["type"].partition("#")[2]}"' in page
    document = (await guest.get("/api/openapi.json")).text
    codes = set(re.findall(r'"type":\s*"/api/docs#(\w+)"', document))
    assert len(codes) > 40
    assert [code for code in codes if f'id="{code}"' not in page] == []


async def test_only_what_is_sent_and_not_too_large_is_compressed(
    system: System, guest: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compression holds up all other requests."""
    done: list[int] = []
    compress = compression.compress

    def count(body: bytes, coding: str) -> bytes:
        done.append(len(body))
        return compress(body, coding)

    monkeypatch.setattr(compression, "compress", count)
    sizes = [len((await guest.get("/api/openapi.json", headers={"accept-encoding": "gzip"})).content)]
    await guest.head("/api/openapi.json", headers={"accept-encoding": "gzip"})
    monkeypatch.setitem(compression.MAX_SIZES, "gzip", sizes[0] - 1)
    large = await guest.get("/api/openapi.json", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in large.headers
    assert len(large.content) == sizes[0]
    assert len(done) <= 1
