"""Client addresses as those that limits count: whoever holds one holds all that count as the same."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

_ONE_SITE = 64
"""Bits of an IPv6 address that name the site; its holder chooses the other ones freely."""


UNKNOWN = "unknown"


@lru_cache(maxsize=4096)
def client_address(text: str) -> str:
    """Return the address that a server or proxy gives for a client; all that aren't addresses are the same."""
    try:
        ip_address(text)
    except ValueError:
        return UNKNOWN
    return text[:45]


@lru_cache(maxsize=4096)
def address_principal(address: str) -> str:
    """Return the principal of a client address: IPv4 as it is, also if mapped into IPv6, and IPv6 by its /64.

    Different spellings have one principal. Text that isn't an address is its own principal.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    rest = 128 - _ONE_SITE
    return f"{IPv6Address(int(found) >> rest << rest)}/{_ONE_SITE}"
