"""When cookies are tied to TLS."""

from __future__ import annotations

import pytest

from studyteddy.platform.web.cookies import Cookies


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.8.9.1",
        "http://localhost:8000/",
        "http://LOCALHOST",
        "http://teddy.localhost:8000",
        "http://[::1]:8000",
    ],
)
def test_on_plain_http_and_loopback_they_are_plain(url: str) -> None:
    assert _header(url).startswith("refresh=x; HttpOnly;")


@pytest.mark.parametrize(
    "url",
    [
        "https://study.example",
        "https://localhost:8443",
        "https://127.0.0.1",
        "http://study.example",
        "http://192.168.1.5:8000",
        "http://0.0.0.0:8000",
        "http://localhost.study.example",
        "http://127.0.0.1.study.example",
        "http://notlocalhost",
        "http://localhost@study.example",
        "http://[",
        "localhost:8000",
        "",
    ],
)
def test_everywhere_else_they_are_sent_over_tls_only(url: str) -> None:
    header = _header(url)
    assert header.startswith("__Host-refresh=x;")
    assert "; Secure" in header
    assert "domain" not in header.lower()


def _header(url: str) -> str:
    name, value = Cookies(url).set("refresh", "x", seconds=60)
    assert name == b"set-cookie"
    return value.decode()
