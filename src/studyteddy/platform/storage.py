"""Files that the program keeps: in S3 or what speaks like it, in a folder, or in memory, behind one interface.

A key is a path of plain names, `exports/0198…/data.zip`. An object appears whole or not at all, and a key is either
an object or the beginning of others, never both. Small objects go through `get` and `put`, large ones in pieces
through `read` and `write`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from studyteddy.platform.errors import Unavailable
from studyteddy.platform.signing import Signer

CONNECT_SECONDS = 2.0
CALL_SECONDS = 8.0
"""For one small object, or one piece of a large one."""
WRITE_SECONDS = 300.0
"""For a large object in the whole, however slowly its pieces come."""
PIECE = 5 * 1024 * 1024
"""Bytes of a piece; S3 takes none smaller."""

_REGION = "us-east-1"
_NONE: Mapping[str, str] = {}
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

    def __init__(
        self,
        store: S3Store | LocalStore | MemoryStore,
        *,
        seconds: float = CALL_SECONDS,
        signer: Signer | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
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
            await self.size(key)
            return True
        return False

    async def size(self, key: str) -> int:
        """How many bytes the object has; raises `NoSuchObject`."""
        async with _deadline(self._seconds):
            return (await obstore.head_async(self._store, _key(key)))["size"]

    async def copy(self, key: str, to: str) -> None:
        """Keeps the same object under another key too; raises `NoSuchObject`."""
        async with _deadline(self._seconds):
            await obstore.copy_async(self._store, _key(key), _key(to))

    async def clear(self, prefix: str) -> None:
        """Forgets everything below `prefix`, a key without its last names."""
        async for found in self.list(prefix):
            await self.delete(found.key)

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

    async def link(self, key: str, *, seconds: int, content_type: str = "", disposition: str = "") -> str | None:
        """An address from which anybody may fetch the object for so long; nothing where the program must serve it.

        What is given is what the browser will be told of it, whatever was told when it was put there.
        """
        told = {"response-content-type": content_type, "response-content-disposition": disposition}
        return await self._sign("GET", key, seconds=seconds, query={name: said for name, said in told.items() if said})

    async def place(self, key: str, *, seconds: int, content_type: str, size: int) -> str | None:
        """An address to which anybody may put, for so long, an object of exactly this type and size.

        Nothing where the program must take it.
        """
        headers = {"content-type": content_type, "content-length": str(size)}
        return await self._sign("PUT", key, seconds=seconds, headers=headers)

    async def _sign(
        self,
        method: Literal["GET", "PUT"],
        key: str,
        *,
        seconds: int,
        query: Mapping[str, str] = _NONE,
        headers: Mapping[str, str] = _NONE,
    ) -> str | None:
        if not isinstance(self._store, S3Store) or self._signer is None:
            return None
        async with _deadline(self._seconds):
            theirs = await obstore.sign_async(self._store, method, _key(key), timedelta(seconds=seconds))
        # Theirs binds neither headers nor what the browser is told; but it knows where the object is.
        return self._signer.address(method, theirs.partition("?")[0], seconds=seconds, query=query, headers=headers)

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


def folders(user_id: UUID) -> tuple[str, str]:
    """Where everything of a user's is kept, and where lies what they send until it was looked at."""
    return f"users/{user_id}", f"incoming/{user_id}"


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
        return Storage(_s3(url), signer=_signer(url))
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return Storage(LocalStore(unquote(parts.path), mkdir=True, automatic_cleanup=True))
    if parts.scheme == "memory":
        return Storage(MemoryStore())
    raise ValueError("files are kept in s3://bucket, file:///folder or memory:")


def _signer(url: str) -> Signer | None:
    """Who signs addresses; nobody where key and secret come from the surroundings: they are not ours to read."""
    parts = urlsplit(url)
    if not parts.username or not parts.password:
        return None
    return Signer(unquote(parts.username), unquote(parts.password), _options(url).get("region", _REGION))


def _options(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def _s3(url: str) -> S3Store:
    parts = urlsplit(url)
    options = _options(url)
    given = {
        "endpoint": options.get("endpoint"), "region": options.get("region", _REGION),
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
