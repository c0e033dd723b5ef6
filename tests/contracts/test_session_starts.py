"""Sessions start in one place, which asks for the second factor; whoever leaves it out is listed."""

from __future__ import annotations

import ast

from tests.contracts.catalogue import sources

WITHOUT_SECOND_FACTOR = {
    "auth/service/accounts.py:register": "the account was just created",
    "auth/service/oauth.py:receive": "only if the account was just created",
}


def _using(*names: str) -> set[str]:
    """Return the functions of features that name one of these, such as `store.add`."""
    return {
        f"{path.removeprefix('features/')}:{function.name}"
        for path, tree in sources()
        if path.startswith("features/auth/")
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in names
    }


def test_only_one_function_starts_sessions() -> None:
    inserting = [
        (path, node.value)
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "INSERT INTO sessions" in node.value
    ]
    assert [path for path, _ in inserting] == ["features/auth/store/sessions.py"]
    assert {one for one in _using("store.add") if "/sessions.py" in one} == {"auth/service/sessions.py:begin"}
    assert _using("sessions_store.add") == set()


def test_the_second_factor_is_left_out_only_for_new_accounts() -> None:
    assert _using("no_second_factor", "sessions.no_second_factor") == set(WITHOUT_SECOND_FACTOR)
