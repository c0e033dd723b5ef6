"""Secrets are compared in constant time: `==` would reveal how many characters of a guess are right."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.contracts import catalogue

SECRET_NAMES = frozenset(
    [
        "code",
        "cookie",
        "digest",
        "hash",
        "hashed",
        "mac",
        "nonce",
        "otp",
        "password",
        "pepper",
        "secret",
        "signature",
        "sign",
        "state",
        "tag",
        "token",
        "totp",
    ]
)
"""A value is taken for a secret if the last word of its name is one of these: `_tag(…)`, `generate_otp(…)`, `nonce`."""

ALLOWED = {
    "platform/security/audit_log.py: link.hash != _chained(previous, [link.entry])": "not secret: stored beside it",
    "platform/security/audit_log.py: last.head_hash == last.hash": "not secret: stored beside it",
    "features/auth/service/passwords.py: account.password_hash != verified_hash": "two values from the database",
    "features/auth/service/oauth.py: account.password_hash != pending.password_hash": "two values from the database",
    "features/auth/service/sessions.py: locked.password_hash != account.password_hash": "two values from the database",
    "platform/web/pagination.py: found.filters != _digest(filters)": "not secret: the cursor is signed",
    "platform/web/etags.py: plain(part) == tag": "not secret: the client has it",
    "features/calendar/providers/caldav_sync.py: token == current": "not secret: how far a calendar was read",
    "features/calendar/providers/caldav_sync.py: before.get(ref) != tag": "not secret: an entity tag",
    "features/calendar/service/connections.py: current.refresh_token == kept.refresh_token": "both from the database",
    "features/calendar/service/connections.py: credential.access_token != rejected": "both are of this process",
    "features/calendar/providers/webdav_xml.py: root.tag == f'{DAV}error'": "the name of an XML element",
    "features/calendar/providers/webdav_xml.py: root.tag != f'{DAV}multistatus'": "the name of an XML element",
    "features/quick_add/parser/line.py: code == locale": "the code of a language",
}
"""Comparisons of other values with such names, each with its reason."""


def test_secrets_are_compared_in_constant_time() -> None:
    found = {f"{path}: {fault}" for path, tree in catalogue.sources() for fault in _compared(tree)}
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "raw[20:] == self._tag(raw[:20])",
        "totp.generate_otp(step) == code",
        "state.encode() != cookie.encode()",
        "token[:16] == self._sign(token[16:])",
        "claims.get('nonce') != nonce",
    ],
)
def test_an_ordinary_comparison_is_found(text: str) -> None:
    assert list(_compared(ast.parse(text))) == [text]


@pytest.mark.parametrize("text", ["fault.code == 'late'", "len(key) != 32", "token.kind == kind", "status == 404"])
def test_a_comparison_with_something_known_is_not(text: str) -> None:
    assert list(_compared(ast.parse(text))) == []


def _compared(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, node.comparators[0]]
            if any(map(_secret, sides)) and not any(isinstance(side, ast.Constant) for side in sides):
                yield ast.unparse(node)


def _secret(value: ast.expr) -> bool:
    """Return whether the name behind a value, such as `code` of `self._code[:6].encode()`, is one of a secret."""
    match value:
        case ast.Call(func=ast.Attribute(value=inner, attr="encode" | "decode")):
            return _secret(inner)
        case ast.Call(func=called):
            return _secret(called)
        case ast.Subscript(value=inner):
            return _secret(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.lower().rpartition("_")[2] in SECRET_NAMES
    return False
