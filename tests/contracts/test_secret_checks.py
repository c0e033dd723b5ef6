"""Every place that checks a secret counts a guess first, and every place that hashes says what refuses before it.

`Passwords.verify` counts the guess itself. A feature that checks a secret elsewhere must be listed here with where the
guess is counted; one that shares none of these places needs a call of `Guesses.count` of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.contracts.catalogue import sources

VERIFIES = {
    "auth/service/passwords.py:_verify": "the one way for a signed-in student, behind `confirmed` and `change`",
    "auth/service/sessions.py:log_in": "the sign-in with a password",
    "auth/service/oauth.py:finish": "the link of an identity to the account",
}
CHECKS_CODES = {
    "auth/service/two_factor.py:_accept": "called by `check`, and by `confirm`, whose route counts a guess",
    "auth/service/two_factor.py:check": "called by the sign-in, whose password has counted as a guess",
}
HASHES = {
    "auth/service/accounts.py:register": "after the limit, the checks of the password and the zone, and the address",
    "auth/service/password_reset.py:reset": "after the check of the password and of the token",
    "auth/service/passwords.py:change": "after the check of the new password and the verification of the current one",
}
COUNTS = {"auth/api/two_factor.py:confirm_second_factor", "auth/service/oauth.py:finish"}


def _callers(*calls: str) -> set[str]:
    """The functions of features that call one of these, such as `passwords.verify`."""
    return {
        f"{path.removeprefix('features/')}:{function.name}"
        for path, function in _functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in calls
    }


def _functions() -> Iterator[tuple[str, ast.AsyncFunctionDef | ast.FunctionDef]]:
    for path, tree in sources():
        if str(path).startswith("features/"):
            for node in ast.walk(tree):
                if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
                    yield str(path), node


def test_passwords_are_verified_in_three_places() -> None:
    assert _callers("passwords.verify", "self.passwords.verify") == set(VERIFIES)


def test_codes_are_checked_after_a_guess_was_counted() -> None:
    assert _callers("totp.step_of", "store.use_recovery_code") == set(CHECKS_CODES)
    assert _callers("guesses.count") == COUNTS


def test_passwords_are_hashed_in_three_places() -> None:
    assert _callers("passwords.hash") == set(HASHES)


def test_nothing_but_the_queue_runs_the_hash() -> None:
    """Not even through another name: bcrypt is imported by one module."""
    importing = {
        str(path)
        for path, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(name.name == "bcrypt" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "bcrypt")
    }
    assert importing == {"platform/security/passwords.py"}
