"""The language and the time zone of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from studyteddy.cli import Language, seed_language
from studyteddy.embedded import machine


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "ar_EG.UTF-8"}, "ar"),
        ({"LANG": "en", "LC_ALL": ""}, "en"),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "POSIX"}, ""),
        ({"LANG": "german"}, ""),
        ({}, ""),
    ],
)
def test_the_language_of_the_environment(environ: dict[str, str], language: str) -> None:
    assert machine.language(environ) == language


def test_the_language_of_the_sample_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_AT.UTF-8")
    assert seed_language(None) is Language.de
    assert seed_language(Language.ar) is Language.ar
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert seed_language(None) is Language.en


def test_the_time_zone_of_the_machine(tmp_path: Path) -> None:
    link, file = tmp_path / "localtime", tmp_path / "timezone"
    files = {"localtime": link, "timezone": file}
    assert machine.time_zone({}, **files) is None
    file.write_text("Asia/Tokyo\n")
    assert machine.time_zone({}, **files) == "Asia/Tokyo"
    link.symlink_to("/usr/share/zoneinfo/America/New_York")
    assert machine.time_zone({}, **files) == "America/New_York"
    assert machine.time_zone({"TZ": ":Africa/Cairo"}, **files) == "Africa/Cairo"
    assert machine.time_zone({"TZ": "CET-1CEST"}, **files) is None
