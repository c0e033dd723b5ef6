"""Files that the program keeps: in S3 or what speaks like it, in a folder, or in memory, behind one interface.

A key is a path of plain names, `exports/0198…/data.zip`. An object appears whole or not at all, and a key is either
an object or the beginning of others, never both. Small objects go through `get` and `put`, large ones in pieces
through `read` and `write`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from studyteddy.platform.errors import Unavailable

CONNECT_SECONDS = 2.0
CALL_SECONDS = 8.0
"""For one small object, or one piece of a large one."""
WRITE_SECONDS = 300.0
"""For a large object in the whole, however slowly its pieces come."""
PIECE = 5 * 1024 * 1024
"""Bytes of a piece; S3 takes none smaller."""

_KEY = re.compile(r"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FILENAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class StorageAway(Unavailable):
    """The file storage is away for the moment: try again shortly."""


class NoSuchObject(LookupError):
    """Nothing is kept under this key."""


class Stored(msgspec.Struct, frozen=True):
    """An object as a listing shows it; `size` in bytes."""

    key: str
    size: int
    changed_at: datetime


class Storage:
    """Objects by key. Raises `StorageAway` after `seconds` at most; `ValueError` for a key that is none."""

    def __init__(self, store: S3Store | LocalStore | MemoryStore, *, seconds: float = CALL_SECONDS) -> None:
        self._store = store
        self._seconds = seconds

    async def put(self, key: str, data: bytes, *, content_type: str = "", filename: str = "") -> None:
        """Keeps `data`, in place of what was there; `filename` is what a browser saves it as."""
        told = self._told(content_type, filename)
        async with _deadline(self._seconds):
            await obstore.put_async(self._store, _key(key), data, attributes=told, use_multipart=False)

    async def write(
        self, key: str, pieces: AsyncIterator[bytes], *, content_type: str = "", filename: str = ""
    ) -> None:
        """Keeps what `pieces` gives, without ever holding all of it; nothing is kept when `pieces` raises."""
        told = self._told(content_type, filename)
        async with _deadline(WRITE_SECONDS):
            await obstore.put_async(self._store, _key(key), pieces, attributes=told, chunk_size=PIECE)

    async def get(self, key: str) -> bytes:
        """The whole object; raises `NoSuchObject`."""
        async with _deadline(self._seconds):
            found = await obstore.get_async(self._store, _key(key))
            return bytes(await found.bytes_async())

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The object in pieces; raises `NoSuchObject`."""
        async with _deadline(self._seconds):
            pieces = (await obstore.get_async(self._store, _key(key))).stream(min_chunk_size=256 * 1024)
        while True:
            async with _deadline(self._seconds):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    async def exists(self, key: str) -> bool:
        with suppress(NoSuchObject):
            async with _deadline(self._seconds):
                await obstore.head_async(self._store, _key(key))
            return True
        return False

    async def delete(self, key: str) -> None:
        """Forgets the object; there need not be one."""
        with suppress(NoSuchObject):
            async with _deadline(self._seconds):
                await obstore.delete_async(self._store, _key(key))

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Everything below `prefix`, a key without its last names, in no certain order."""
        pages = obstore.list(self._store, _key(prefix), chunk_size=200)
        while True:
            async with _deadline(self._seconds):
                page = await anext(pages, None)
            if page is None:
                return
            for meta in page:
                yield Stored(meta["path"], meta["size"], meta["last_modified"])

    async def link(self, key: str, *, seconds: int) -> str | None:
        """An address from which anybody may fetch the object for so long; nothing where the program must serve it."""
        if not isinstance(self._store, S3Store):
            return None
        async with _deadline(self._seconds):
            return await obstore.sign_async(self._store, "GET", _key(key), timedelta(seconds=seconds))

    def _told(self, content_type: str, filename: str) -> obstore.Attributes | None:
        if filename and not _FILENAME.fullmatch(filename):
            raise ValueError(f"not a file's name: {filename!r}")
        if isinstance(self._store, LocalStore):
            return None  # a folder keeps bytes only; the program that serves them knows what they are
        told: obstore.Attributes = {}
        if content_type:
            told["Content-Type"] = content_type
        if filename:
            told["Content-Disposition"] = f'attachment; filename="{filename}"'
        return told


def _key(text: str) -> str:
    if not _KEY.fullmatch(text) or len(text) > 500:
        raise ValueError(f"not a key of the storage: {text[:100]!r}")
    return text


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except FileNotFoundError as fault:
        raise NoSuchObject("nothing is kept under this key") from fault
    except (BaseError, OSError, TimeoutError) as fault:
        raise StorageAway() from fault


def from_settings(url: str) -> Storage:
    """The storage behind `url`; raises `ValueError`.

    `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`; without key and secret the surroundings give them
    (variables, or the role of the machine). `file:///folder`. `memory:` forgets with the process.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.hostname:
        return Storage(_s3(url))
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return Storage(LocalStore(unquote(parts.path), mkdir=True, automatic_cleanup=True))
    if parts.scheme == "memory":
        return Storage(MemoryStore())
    raise ValueError("files are kept in s3://bucket, file:///folder or memory:")


def _s3(url: str) -> S3Store:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    given = {
        "endpoint": options.get("endpoint"), "region": options.get("region", "us-east-1"),
        "access_key_id": unquote(parts.username or ""), "secret_access_key": unquote(parts.password or ""),
    }  # fmt: skip
    return S3Store(
        parts.netloc.rpartition("@")[2],
        prefix=parts.path.strip("/") or None,
        config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        client_options={
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=WRITE_SECONDS),
            "allow_http": (options.get("endpoint") or "").startswith("http://"),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=CALL_SECONDS - 2)},
    )
