"""What happens when a provider fails: one more attempt where it makes sense, a fallback, a rest, and bounded memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from starlette.responses import Response, StreamingResponse
from tests.peers.completions import Behaviour, Completions, completions, raw, refuses, says, streams, waits
from tests.providers.models import asked, now, pieces_of, read

from studyteddy.features.ai.providers.failover import FAILURES, Failover
from studyteddy.features.ai.providers.model import Meter, ModelFailed, Reply, answered_tokens
from studyteddy.features.ai.providers.openai import OpenAI

REST, RETRY = 0.4, 0.02
PATIENCE = 120.0
"""Seconds for what takes as long as the machine needs."""
FIRST, SECOND = "The first provider.", "The second provider."
CALL = {"id": "1", "type": "function", "function": {"name": "delete_task", "arguments": "{}"}}


@dataclass
class Providers:
    """Two endpoints behind one model; the second one always works."""

    model: Failover
    first: Completions
    second: Completions

    @property
    def calls(self) -> tuple[int, int]:
        return len(self.first.requests), len(self.second.requests)


@asynccontextmanager
async def providers(*, fallback: bool = True, rest: float = REST) -> AsyncIterator[Providers]:
    async with AsyncExitStack() as stack:
        endpoints = [await stack.enter_async_context(completions(says(text))) for text in (FIRST, SECOND)]
        models = [OpenAI(one.url, "sk-test", "small") for one in endpoints]
        for model in models:
            stack.push_async_callback(model.close)
        used = models if fallback else models[:1]
        yield Providers(Failover(used, rest=rest, retry=RETRY), *endpoints)


@pytest.fixture
async def two() -> AsyncIterator[Providers]:
    async with providers() as found:
        yield found


@pytest.fixture
async def one() -> AsyncIterator[Providers]:
    async with providers(fallback=False) as found:
        yield found


Ask = Callable[..., Any]


async def complete(found: Providers, seconds: float = 5, meter: Meter | None = None) -> str:
    return (await found.model.complete(asked(), until=now() + seconds, meter=meter)).text


async def streamed(found: Providers, seconds: float = 5, meter: Meter | None = None) -> str:
    *texts, reply = await pieces_of(found.model.stream(asked(), until=now() + seconds, meter=meter))
    assert isinstance(reply, Reply)
    assert "".join(map(str, texts)) == reply.text
    return reply.text.strip()


both = pytest.mark.parametrize("ask", [complete, streamed])


class Row(NamedTuple):
    """How a provider fails, its reason, and whether it is asked again."""

    behaviour: Behaviour
    reason: str
    again: bool


def tiny_bomb(body: dict[str, Any]) -> Response:
    """Five megabytes in five kilobytes."""
    text = json.dumps({"choices": [{"message": {"content": "x" * 5_000_000}}]})
    return Response(gzip.compress(text.encode()), media_type="application/json", headers={"content-encoding": "gzip"})


TABLE = {
    "error": Row(refuses(500), "status 500", True),
    "overloaded": Row(refuses(503, retry_after="1"), "status 503", True),
    "wrong key": Row(refuses(401), "status 401", True),
    "wrong model": Row(refuses(404), "status 404", True),
    "prompt too long": Row(refuses(400, code="context_length_exceeded"), "status 400", False),
    "against the rules": Row(refuses(400, code="content_policy_violation"), "status 400", False),
    "rate": Row(refuses(429, code="rate_limit_exceeded", retry_after="0.1"), "rate limit", True),
    "rate without a time": Row(refuses(429, code="rate_limit_exceeded"), "rate limit", True),
    "rate for long": Row(refuses(429, code="rate_limit_exceeded", retry_after="11"), "rate limit", False),
    "rate beyond the deadline": Row(refuses(429, code="rate_limit_exceeded", retry_after="6"), "rate limit", False),
    "money": Row(refuses(429, code="insufficient_quota", retry_after="0.1"), "no money", False),
    "spending limit": Row(refuses(429, code="billing_hard_limit_reached"), "no money", False),
    "payment required": Row(refuses(402), "no money", False),
    "silence": Row(waits(2), "timeout", False),
    "compressed": Row(tiny_bomb, "unreachable", True),
}


@pytest.mark.parametrize("name", TABLE)
@both
async def test_a_failure_is_named_and_repeated_only_where_it_helps(one: Providers, ask: Ask, name: str) -> None:
    row = TABLE[name]
    one.first.otherwise = row.behaviour
    seconds = 0.5 if row.reason == "timeout" else 5
    with pytest.raises(ModelFailed) as failed:
        await ask(one, seconds)
    assert failed.value.reason == row.reason
    assert len(one.first.requests) == (2 if row.again else 1)
    assert "secret of the provider" not in str(failed.value)


@both
async def test_a_model_that_hangs_leaves_half_of_the_time_to_the_next_one(two: Providers, ask: Ask) -> None:
    two.first.otherwise = waits(30)
    began = now()
    assert await ask(two, 2) == SECOND
    assert 0.9 <= now() - began < 2


async def test_a_rest_says_when_it_ends(one: Providers) -> None:
    one.first.otherwise = refuses(429, code="rate_limit_exceeded", retry_after="3000")
    for reason in ("rate limit", "resting"):
        with pytest.raises(ModelFailed, match=reason) as failed:
            await complete(one)
        assert failed.value.retry_after == pytest.approx(3000, abs=60)


@pytest.mark.parametrize("name", [name for name in TABLE if name != "silence"])
@both
async def test_the_fallback_answers_whatever_the_first_provider_does(two: Providers, ask: Ask, name: str) -> None:
    two.first.otherwise = TABLE[name].behaviour
    assert await ask(two) == SECOND
    assert two.calls == (1, 1)


MALFORMED: dict[str, str | bytes] = {
    "no choices": '{"choices": []}',
    "another form": '{"choices": [{"message": 5}]}',
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "half an object": '{"choices": [{"message": {"content": "Hal',
    "deep": "[" * 100_000,
    "other content": '{"choices": [{"message": {"content": [1, 2]}, "finish_reason": "stop"}]}',
    "no text": b"\xff\xfe\x00",
    "a page": "<!doctype html><title>Hello</title>",
    "nothing": b"",
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("media", ["application/json", "text/event-stream"])
@both
async def test_a_malformed_response_is_a_failure_of_the_provider(
    two: Providers, ask: Ask, media: str, name: str
) -> None:
    content = MALFORMED[name]
    if media == "text/event-stream":
        text = content if isinstance(content, bytes) else content.encode()
        content = b"data: " + text + b"\n\n"
    two.first.otherwise = raw(content, media)
    assert await ask(two) == SECOND
    assert two.calls == (1, 1)


PROMPT = sum(answered_tokens(one.content) for one in asked().messages)
RECEIVED = {"silence": 1, "compressed": 2}
"""How often a provider that fails has received the prompt without refusing it."""


@pytest.mark.parametrize("name", TABLE)
@both
async def test_a_prompt_counts_that_was_received_and_not_refused(one: Providers, ask: Ask, name: str) -> None:
    one.first.otherwise = TABLE[name].behaviour
    meter = Meter()
    with pytest.raises(ModelFailed):
        await ask(one, 0.5 if name == "silence" else 5, meter)
    assert meter.tokens == PROMPT * RECEIVED.get(name, 0)


@both
async def test_an_attempt_before_the_answer_counts(two: Providers, ask: Ask) -> None:
    meter = Meter()
    two.first.otherwise = waits(30)
    assert await ask(two, 1, meter) == SECOND
    assert meter.tokens == PROMPT
    two.first.otherwise = raw("<!doctype html>")
    assert await ask(two, 5, meter) == SECOND
    assert meter.tokens == 2 * PROMPT
    two.first.otherwise = says(FIRST)
    assert await ask(two, 5, meter) == FIRST
    assert meter.tokens == 2 * PROMPT


async def test_a_stream_that_breaks_off_or_that_nobody_wants_counts(two: Providers) -> None:
    broken, unwanted = Meter(), Meter()
    two.first.otherwise = streams(["Half "], finish=None)
    with pytest.raises(ModelFailed, match="cut off"):
        await pieces_of(two.model.stream(asked(), until=now() + 5, meter=broken))
    two.first.otherwise = streams(["Half ", "more"], pause=0.05)
    assert await first_piece(two.model.stream(asked(), until=now() + 5, meter=unwanted)) == "Half "
    assert (broken.tokens, unwanted.tokens) == (PROMPT, PROMPT)


@both
async def test_a_request_that_never_went_out_costs_nothing(ask: Ask) -> None:
    """Nobody listens, or nobody takes the request: its body doesn't fit into what the network holds."""
    async with providers() as found, await asyncio.start_server(_never_read, "127.0.0.1", 0, limit=1) as server:
        meter = Meter()
        deaf = OpenAI(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", "", "small")
        gone = OpenAI("http://127.0.0.1:9/v1", "", "small")
        found.model = Failover([gone])
        with pytest.raises(ModelFailed):
            await ask(found, 1, meter)
        large = asked("x" * 20_000_000)
        with pytest.raises(ModelFailed, match="timeout"):
            await deaf.complete(large, until=now() + 1, meter=meter)
        assert meter.tokens == 0
        await gone.close()
        await deaf.close()


async def _never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(3)
    writer.close()


@both
async def test_a_provider_that_is_not_there_is_replaced(ask: Ask) -> None:
    async with providers() as found:
        gone = OpenAI("http://127.0.0.1:9/v1", "", "small")
        working = OpenAI(found.second.url, "", "small")
        found.model = Failover([gone, working])
        assert await ask(found) == SECOND
        await gone.close()
        await working.close()


@both
async def test_the_time_in_retry_after_is_waited_once(one: Providers, ask: Ask) -> None:
    one.first.behaviours = [refuses(429, retry_after="0.3")]
    began = now()
    assert await ask(one) == FIRST
    assert 0.3 <= now() - began < 2
    one.first.behaviours = [refuses(429, retry_after="0.1")] * 2
    with pytest.raises(ModelFailed, match="rate limit"):
        await ask(one)
    assert len(one.first.requests) == 4


@both
async def test_others_do_not_ask_during_the_time_in_retry_after(one: Providers, ask: Ask) -> None:
    one.first.behaviours = [refuses(429, retry_after="11")]
    with pytest.raises(ModelFailed, match="rate limit") as failed:
        await ask(one)
    assert failed.value.retry_after == 11
    for _ in range(3):
        with pytest.raises(ModelFailed, match="resting"):
            await ask(one)
    assert len(one.first.requests) == 1


@both
async def test_without_money_a_provider_is_left_alone_for_minutes(two: Providers, ask: Ask) -> None:
    two.first.otherwise = refuses(429, code="insufficient_quota")
    for _ in range(4):
        assert await ask(two) == SECOND
    assert two.calls == (1, 4)


async def fail(found: Providers, ask: Ask, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ModelFailed):
            await ask(found)


@both
async def test_after_failures_in_a_row_a_provider_rests_until_a_trial_works(two: Providers, ask: Ask) -> None:
    two.first.otherwise = refuses(500)
    for _ in range(FAILURES + 2):
        assert await ask(two) == SECOND
    assert two.calls[0] == FAILURES
    assert two.model.provider == two.second.url
    await asyncio.sleep(REST + 0.05)
    assert await ask(two) == SECOND  # the trial fails
    assert await ask(two) == SECOND
    assert two.calls[0] == FAILURES + 1
    await asyncio.sleep(REST + 0.05)
    two.first.otherwise = says(FIRST)
    assert [await ask(two) for _ in range(3)] == [FIRST] * 3
    two.first.behaviours = [refuses(500)] * (FAILURES - 1)
    assert [await ask(two) for _ in range(FAILURES)] == [SECOND] * (FAILURES - 1) + [FIRST]


@both
async def test_one_call_tries_while_the_others_go_on_without(two: Providers, ask: Ask) -> None:
    two.first.otherwise = refuses(500)
    for _ in range(FAILURES):
        await ask(two)
    await asyncio.sleep(REST + 0.05)
    before = two.calls[0]
    two.first.otherwise = waits(0.2)
    await asyncio.gather(*(ask(two) for _ in range(8)))
    assert two.calls[0] == before + 1


@both
async def test_prompts_that_are_rejected_do_not_make_a_provider_rest(one: Providers, ask: Ask) -> None:
    one.first.behaviours = [refuses(400)] * (3 * FAILURES)
    await fail(one, ask, 3 * FAILURES)
    assert await ask(one) == FIRST


@both
async def test_successes_between_failures_count(one: Providers, ask: Ask) -> None:
    one.first.behaviours = [refuses(500), says(FIRST)] * (2 * FAILURES)
    for _ in range(2 * FAILURES):
        assert await ask(one) == FIRST
    assert len(one.first.requests) == 4 * FAILURES


async def first_piece(stream: AsyncGenerator[str | Reply]) -> str | Reply:
    async with aclosing(stream) as pieces:
        return await anext(pieces)


async def test_a_stream_that_nobody_reads_to_its_end_is_a_success(one: Providers) -> None:
    for _ in range(2 * FAILURES):
        one.first.behaviours = [refuses(500)]
        assert await first_piece(one.model.stream(asked(), until=now() + 5)) == "The "
    assert len(one.first.requests) == 4 * FAILURES


HALF = 'data: {"choices": [{"index": 0, "delta": {"content": "Half"}}]}\n\n'
BROKEN: dict[str, Behaviour] = {
    "cut off": streams(["Half ", "an answer"], finish=None),
    "cut off without an end": streams(["Half ", "an answer"], finish=None, done=False),
    "an error": raw(HALF + 'data: {"error": {"message": "broke"}}\n\n', "text/event-stream"),
    "no JSON": raw(HALF + 'data: {"choi\n\n', "text/event-stream"),
    "another form": raw(HALF + 'data: {"choices": 7}\n\n', "text/event-stream"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_stream_that_has_begun_is_not_begun_again(two: Providers, name: str) -> None:
    two.first.otherwise = BROKEN[name]
    texts: list[str | Reply] = []
    with pytest.raises(ModelFailed):
        await read(two.model.stream(asked(), until=now() + 5), texts)
    assert "".join(map(str, texts)).startswith("Half")
    assert two.calls == (1, 0)


@dataclass
class Dropping:
    """A server that sends the beginning of a stream and closes the connection."""

    sent: bytes

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%b\r\n" % (len(self.sent), self.sent))
        await writer.drain()
        writer.close()


async def test_a_connection_that_is_lost_in_a_stream_is_a_failure() -> None:
    async with await asyncio.start_server(Dropping(HALF.encode()), "127.0.0.1", 0) as server:
        model = OpenAI(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", "", "small")
        texts: list[str | Reply] = []
        with pytest.raises(ModelFailed, match="unreachable"):
            await read(model.stream(asked(), until=now() + 5), texts)
        await model.close()
    assert texts == ["Half"]


@dataclass
class Closing:
    """A server that answers one request on each connection and closes it at the second, without a word."""

    connections: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        body = b'{"choices": [{"message": {"content": "Yes"}, "finish_reason": "stop"}]}'
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = re.findall(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_a_connection_that_the_server_closes_when_it_is_used_again_is_opened_again() -> None:
    behaviour = Closing()
    async with await asyncio.start_server(behaviour, "127.0.0.1", 0) as server:
        model = OpenAI(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", "", "small")
        for _ in range(3):
            assert (await model.complete(asked(), until=now() + 5)).text == "Yes"
        await model.close()
    assert behaviour.connections == 3


async def test_a_stream_that_stalls_ends_at_the_deadline(one: Providers) -> None:
    one.first.otherwise = streams(["Half ", "an answer"], pause=30)
    began = now()
    texts: list[str | Reply] = []
    with pytest.raises(ModelFailed, match="timeout"):
        await read(one.model.stream(asked(), until=now() + 0.5), texts)
    assert texts == ["Half "]
    assert now() - began < 2


def flood(part: str, *, before: str = "", media: str = "text/event-stream") -> Behaviour:
    """Answer with ten megabytes, a part after the other."""

    async def parts() -> AsyncIterator[str]:
        yield before
        for _ in range(10_000_000 // (65_536 // len(part) * len(part))):
            yield part * (65_536 // len(part))

    return lambda body: StreamingResponse(parts(), media_type=media)


DELTA = '{"choices": [{"index": 0, "delta": {"content": "'
FLOODS: dict[str, Behaviour] = {
    "one delta": flood("x", before=f"data: {DELTA}"),
    "one line without an end": flood("x"),
    "many deltas": flood(f'data: {DELTA}{"y" * 1000}"}}}}]}}\n\n'),
    "many lines without data": flood(f": {'ping' * 50}\n\n"),
    "one object": flood("x", before='{"choices": [{"message": {"content": "', media="application/json"),
}


@pytest.mark.parametrize("name", FLOODS)
@both
async def test_ten_megabytes_take_little_memory(one: Providers, ask: Ask, name: str) -> None:
    one.first.otherwise = FLOODS[name]
    tracemalloc.start()
    try:
        with pytest.raises(ModelFailed):
            await ask(one)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 << 20


ENDS: dict[str, tuple[Behaviour, str]] = {
    "stop": (says("Half"), "stop"),
    "length": (says("Half", finish="length"), "length"),
    "filter": (says("Half", finish="content_filter"), "filtered"),
    "tools": (says("Half", finish="tool_calls", tool_calls=[CALL]), "refused"),
    "old tools": (says("Half", finish="function_call"), "refused"),
    "unknown": (says("Half", finish="tired"), "refused"),
}


@pytest.mark.parametrize("name", ENDS)
async def test_an_end_other_than_a_stop_is_no_answer_and_no_failure(one: Providers, name: str) -> None:
    one.first.otherwise, finish = ENDS[name]
    for _ in range(FAILURES + 1):
        reply = await one.model.complete(asked(), until=now() + 5)
        *_, last = await pieces_of(one.model.stream(asked(), until=now() + 5))
        assert isinstance(last, Reply)
        assert (reply.finish, last.finish) == (finish, finish)


def refusing(body: dict[str, Any]) -> Response:
    """A refusal, as OpenAI gives it for a schema."""
    if not body.get("stream"):
        return says("", refusal="I can't help with that.")(body)  # type: ignore[return-value]
    deltas = [{"role": "assistant"}, {"refusal": "I can't "}, {"refusal": "help."}, {}]
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in deltas]
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks)
    return raw(f"{text}data: [DONE]\n\n", "text/event-stream")(body)  # type: ignore[return-value]


async def test_a_refusal_is_neither_an_answer_nor_a_failure(one: Providers) -> None:
    one.first.otherwise = refusing
    reply = await one.model.complete(asked(), until=now() + 5)
    (last,) = await pieces_of(one.model.stream(asked(), until=now() + 5))
    assert isinstance(last, Reply)
    assert (reply.finish, reply.text) == (last.finish, last.text) == ("refused", "")


async def test_parallel_calls_are_answered_each_with_its_own_text(one: Providers) -> None:
    one.first.otherwise = lambda body: says(str(body["messages"][-1]["content"]))(body)

    async def answered(number: int) -> bool:
        prompt = asked(f"Number {number}", max_tokens=10)
        *_, reply = await pieces_of(one.model.stream(prompt, until=now() + 20))
        return isinstance(reply, Reply) and reply.text.strip() == f"Number {number}"

    assert all(await asyncio.gather(*(answered(number) for number in range(100))))


async def test_many_streams_are_open_at_the_same_time(one: Providers) -> None:
    """None waits for another one to end: together that would take 450 seconds."""
    one.first.otherwise = streams(["One ", "two"], pause=3)

    async def begins() -> bool:
        async with aclosing(one.model.stream(asked(), until=now() + PATIENCE)) as pieces:
            await anext(pieces)
            await everybody.wait()
        return True

    everybody = asyncio.Barrier(150)
    async with asyncio.timeout(PATIENCE):
        assert all(await asyncio.gather(*(begins() for _ in range(150))))
