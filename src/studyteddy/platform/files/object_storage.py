"""Object storage: S3 or a compatible service, a folder, or memory, behind one interface.

A key is a path of plain names, such as `exports/0198…/data.zip`. Writes are atomic. A key is either an object or a
prefix of others, never both. Use `get` and `put` for small objects; `read` and `write` stream large ones in chunks.
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
from studyteddy.platform.files.presigned_urls import Signer

CONNECT_SECONDS = 2.0
CALL_SECONDS = 8.0
"""Timeout for a small object or a chunk of a large one."""
WRITE_SECONDS = 300.0
"""Timeout for writing a whole large object."""
CHUNK = 5 * 1024 * 1024
"""Bytes of a chunk; the minimum that S3 accepts."""

_REGION = "us-east-1"
_NONE: Mapping[str, str] = {}
_KEY = re.compile(r"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FILENAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class StorageUnavailable(Unavailable):
    """The file storage is temporarily unavailable. Try again shortly."""


class NoSuchObject(LookupError):
    """No object with this key exists."""


class StoredObject(msgspec.Struct, frozen=True):
    """An object in a listing; `size` in bytes."""

    key: str
    size: int
    changed_at: datetime


class ObjectStorage:
    """Objects by key. Raises `StorageUnavailable` after at most `seconds`, and `ValueError` for an invalid key."""

    def __init__(
        self, store: S3Store | LocalStore | MemoryStore, *, seconds: float = CALL_SECONDS, signer: Signer | None = None
    ) -> None:
        self._store = store
        self._signer = signer
        self._seconds = seconds

    async def put(self, key: str, data: bytes, *, content_type: str = "", filename: str = "") -> None:
        """Store `data`, replacing any existing object; browsers save it as `filename`."""
        attributes = self._attributes(content_type, filename)
        async with _deadline(self._seconds):
            await obstore.put_async(self._store, _key(key), data, attributes=attributes, use_multipart=False)

    async def write(
        self, key: str, chunks: AsyncIterator[bytes], *, content_type: str = "", filename: str = ""
    ) -> None:
        """Store a stream of `chunks` without buffering it; if `chunks` raises, no object is stored."""
        attributes = self._attributes(content_type, filename)
        async with _deadline(WRITE_SECONDS):
            await obstore.put_async(self._store, _key(key), chunks, attributes=attributes, chunk_size=CHUNK)

    async def get(self, key: str) -> bytes:
        """Return the whole object; raise `NoSuchObject`."""
        async with _deadline(self._seconds):
            found = await obstore.get_async(self._store, _key(key))
            return bytes(await found.bytes_async())

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Yield the object in chunks; raise `NoSuchObject`."""
        async with _deadline(self._seconds):
            chunks = (await obstore.get_async(self._store, _key(key))).stream(min_chunk_size=256 * 1024)
        while True:
            async with _deadline(self._seconds):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def size(self, key: str) -> int:
        """Return the size of the object in bytes; raise `NoSuchObject`."""
        async with _deadline(self._seconds):
            return (await obstore.head_async(self._store, _key(key)))["size"]

    async def copy(self, key: str, to: str) -> None:
        """Copy an object to another key; raise `NoSuchObject`."""
        async with _deadline(self._seconds):
            await obstore.copy_async(self._store, _key(key), _key(to))

    async def clear(self, prefix: str) -> None:
        """Delete all objects below `prefix`, a key without its last names."""
        async for found in self.list(prefix):
            await self.delete(found.key)

    async def delete(self, key: str) -> None:
        """Delete an object if it exists."""
        with suppress(NoSuchObject):
            async with _deadline(self._seconds):
                await obstore.delete_async(self._store, _key(key))

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield all objects below `prefix`, a key without its last names, in no particular order."""
        pages = obstore.list(self._store, _key(prefix), chunk_size=200)
        while True:
            async with _deadline(self._seconds):
                page = await anext(pages, None)
            if page is None:
                return
            for meta in page:
                yield StoredObject(meta["path"], meta["size"], meta["last_modified"])

    async def link(self, key: str, *, seconds: int, content_type: str = "", disposition: str = "") -> str | None:
        """Return a presigned download URL, or `None` if the program must serve the object itself.

        `content_type` and `disposition` override the headers that the object was stored with.
        """
        headers = {"response-content-type": content_type, "response-content-disposition": disposition}
        return await self._sign(
            "GET", key, seconds=seconds, query={name: value for name, value in headers.items() if value}
        )

    async def place(self, key: str, *, seconds: int, content_type: str, size: int) -> str | None:
        """Return a presigned upload URL for an object of exactly this type and size.

        Returns `None` if the program must receive the upload itself.
        """
        headers = {"content-type": content_type, "content-length": str(size)}
        return await self._sign("PUT", key, seconds=seconds, headers=headers)

    async def origin(self) -> str:
        """Return the origin of presigned URLs, or an empty string if the program serves and receives the objects."""
        url = urlsplit(await self.link("origin", seconds=1) or "")
        return f"{url.scheme}://{url.netloc}" if url.netloc else ""

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
            signed = await obstore.sign_async(self._store, method, _key(key), timedelta(seconds=seconds))
        # That signature covers neither request nor response headers, but its URL locates the object.
        return self._signer.address(method, signed.partition("?")[0], seconds=seconds, query=query, headers=headers)

    def _attributes(self, content_type: str, filename: str) -> obstore.Attributes | None:
        if filename and not _FILENAME.fullmatch(filename):
            raise ValueError(f"invalid file name: {filename!r}")
        if isinstance(self._store, LocalStore):
            return None  # a folder has no attributes; the program that serves the files sets the headers
        attributes: obstore.Attributes = {}
        if content_type:
            attributes["Content-Type"] = content_type
        if filename:
            attributes["Content-Disposition"] = f'attachment; filename="{filename}"'
        return attributes


def folders(user_id: UUID) -> tuple[str, str]:
    """Return the prefixes of a user's files and of their uploads that aren't verified yet."""
    return f"users/{user_id}", f"incoming/{user_id}"


def _key(text: str) -> str:
    if not _KEY.fullmatch(text) or len(text) > 500:
        raise ValueError(f"invalid storage key: {text[:100]!r}")
    return text


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except FileNotFoundError as fault:
        raise NoSuchObject("no object with this key exists") from fault
    except (BaseError, OSError, TimeoutError) as fault:
        raise StorageUnavailable() from fault


def from_settings(url: str) -> ObjectStorage:
    """Return the storage for `url`; raise `ValueError` if it is invalid.

    `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`; without key and secret, the credentials come from the
    environment (variables, or the role of the machine). `file:///folder`. `memory:` isn't persistent.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.hostname:
        return ObjectStorage(_s3(url), signer=_signer(url))
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return ObjectStorage(LocalStore(unquote(parts.path), mkdir=True, automatic_cleanup=True))
    if parts.scheme == "memory":
        return ObjectStorage(MemoryStore())
    raise ValueError("the storage URL must be s3://bucket, file:///folder, or memory:")


def _signer(url: str) -> Signer | None:
    """Return the signer of URLs, or `None` if the credentials come from the environment, where we don't read them."""
    parts = urlsplit(url)
    if not parts.username or not parts.password:
        return None
    return Signer(unquote(parts.username), unquote(parts.password), _options(url).get("region", _REGION))


def _options(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def _s3(url: str) -> S3Store:
    parts = urlsplit(url)
    options = _options(url)
    config = {
        "endpoint": options.get("endpoint"),
        "region": options.get("region", _REGION),
        "access_key_id": unquote(parts.username or ""),
        "secret_access_key": unquote(parts.password or ""),
    }
    return S3Store(
        parts.netloc.rpartition("@")[2],
        prefix=parts.path.strip("/") or None,
        config={name: value for name, value in config.items() if value},  # type: ignore[arg-type]
        client_options={
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=WRITE_SECONDS),
            "allow_http": (options.get("endpoint") or "").startswith("http://"),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=CALL_SECONDS - 2)},
    )
