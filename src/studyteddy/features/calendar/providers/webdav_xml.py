"""The XML of WebDAV: request bodies, and answers with a status for each resource (RFC 4918, section 13).

Answers come from servers that students named. Document types are refused, and with them every entity; size, depth and
number of elements are limited, and a large answer is parsed in pieces, so that nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser, register_namespace, tostring

import msgspec

from studyteddy.features.calendar.providers.provider import Failing

DAV: Final = "{DAV:}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
register_namespace("D", "DAV:")  # the usual prefixes: some servers know no others
register_namespace("C", "urn:ietf:params:xml:ns:caldav")
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 200_000
"""Enough for 25,000 events."""
_PIECE: Final = 1 << 16
_STATUS: Final = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})(?: |$)")


class Item(msgspec.Struct, frozen=True):
    """What an answer says of one resource."""

    href: str
    """As sent: absolute or relative, in any encoding."""
    status: int
    """Of the resource: 200, unless the answer gives it another one, such as 404."""
    properties: dict[str, Element]
    """Those that it has, by their names as `{namespace}name`."""

    def text(self, name: str) -> str:
        """Return the text of a property without outer space, or ""."""
        found = self.properties.get(name)
        return "" if found is None else (found.text or "").strip()

    def hrefs(self, name: str) -> list[str]:
        """Return the addresses in a property, without empty ones."""
        found = self.properties.get(name)
        hrefs = () if found is None else found.iter(f"{DAV}href")
        return [text for href in hrefs if (text := (href.text or "").strip())]

    def has(self, name: str, child: str) -> bool:
        """Return whether an element is somewhere in a property."""
        found = self.properties.get(name)
        return found is not None and next(found.iter(child), None) is not None


class Multistatus(msgspec.Struct, frozen=True):
    """An answer about several resources."""

    items: list[Item]
    sync_token: str


class _Limited(TreeBuilder):
    """Builds the elements, and raises `ValueError` for a document type, and for what is too deep or too many."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise ValueError("too deep, or too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, pubid: str, system: str) -> None:
        raise ValueError("a document type")


async def parsed(body: bytes) -> Element:
    """Return the root of an XML document; raise `Failing` if it isn't one, or not one that is accepted."""
    parser = XMLParser(target=_Limited())  # noqa: S314 - entities need a document type, which is refused
    try:
        for begin in range(0, len(body), _PIECE):
            # In pieces also because the parser only notices a refusal at the end of each.
            parser.feed(body[begin : begin + _PIECE])
            await asyncio.sleep(0)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):  # LookupError: an unknown encoding
        raise Failing("invalid_response") from None
    return root


async def multistatus(body: bytes) -> Multistatus:
    """Return an answer with the status 207; raise `Failing` if it is none."""
    root = await parsed(body)
    if root.tag != f"{DAV}multistatus":
        raise Failing("invalid_response")
    items = [_item(response) for response in root.iterfind(f"{DAV}response")]
    return Multistatus(items, (root.findtext(f"{DAV}sync-token") or "").strip())


async def preconditions(body: bytes) -> set[str]:
    """Return the names of the preconditions that an error names (RFC 4918, section 16); without any, the empty set."""
    try:
        root = await parsed(body)
    except Failing:
        return set()
    return {child.tag for child in root} if root.tag == f"{DAV}error" else set()


def _item(response: Element) -> Item:
    properties = {
        one.tag: one
        for propstat in response.iterfind(f"{DAV}propstat")
        if _status(propstat) == 200
        for one in propstat.iterfind(f"{DAV}prop/*")
    }
    return Item((response.findtext(f"{DAV}href") or "").strip(), _status(response), properties)


def _status(parent: Element) -> int:
    text = parent.findtext(f"{DAV}status")
    if text is None:
        return 200
    match = _STATUS.match(text.strip())
    if match is None:
        raise Failing("invalid_response")
    return int(match[1])


def propfind(names: Iterable[str]) -> bytes:
    """Return a request for properties."""
    root = Element(f"{DAV}propfind")
    _ask(root, names)
    return _text(root)


def sync_collection(token: str) -> bytes:
    """Return a request for what changed since a token; "" for everything (RFC 6578, section 3.2)."""
    root = Element(f"{DAV}sync-collection")
    SubElement(root, f"{DAV}sync-token").text = token
    SubElement(root, f"{DAV}sync-level").text = "1"
    _ask(root, [f"{DAV}getetag"])
    return _text(root)


def calendar_multiget(hrefs: Iterable[str]) -> bytes:
    """Return a request for the iCalendar texts of resources (RFC 4791, section 7.9)."""
    root = Element(f"{CALDAV}calendar-multiget")
    _ask(root, [f"{DAV}getetag", f"{CALDAV}calendar-data"])
    for href in hrefs:
        SubElement(root, f"{DAV}href").text = href
    return _text(root)


def mkcalendar(name: str) -> bytes:
    """Return a request to create a calendar for events (RFC 4791, section 5.3.1)."""
    root = Element(f"{CALDAV}mkcalendar")
    prop = SubElement(SubElement(root, f"{DAV}set"), f"{DAV}prop")
    SubElement(prop, f"{DAV}displayname").text = name
    kinds = SubElement(prop, f"{CALDAV}supported-calendar-component-set")
    SubElement(kinds, f"{CALDAV}comp", name="VEVENT")
    return _text(root)


def _ask(root: Element, names: Iterable[str]) -> None:
    prop = SubElement(root, f"{DAV}prop")
    for name in names:
        SubElement(prop, name)


def _text(root: Element) -> bytes:
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text
