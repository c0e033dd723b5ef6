"""One noun a concept: the modules of a feature's layers, and its tests, share their stems."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

import studyteddy

FEATURES = Path(studyteddy.__file__).parent / "features"
TESTS = Path(__file__).parents[1] / "features"
LAYERS = ("api", "service", "store", "schemas")

IN_ONE_LAYER = {
    "ai.acceptance": "how the steps of a proposal are saved; route and table are those of proposals",
    "ai.assignments": "what is asked about an assignment, which proposals and estimates share",
    "ai.context": "what the tutor knows beside a message, which chats send; it has neither a route nor a table",
    "ai.references": "the objects that requests refer to in their bodies",
    "ai.steps": "the steps of a proposal, which the rules of splitting know too",
    "calendar.account_round": "how an account is synchronized once; routes and tables are those of accounts",
    "calendar.account_sync": "when an account is synchronized; routes and tables are those of accounts",
    "calendar.connections": "how the program signs in to accounts; routes and tables are those of accounts",
    "calendar.copies": "focus sessions in calendars of others, whose routes are those of conflicts",
    "calendar.own_calendar": "what is written into an account and comes back; its tables are copies",
    "calendar.feed_sync": "how a feed is read, which a job starts; routes and tables are those of feeds and events",
    "auth.cookies": "the cookies of browsers; only routes set and read them",
    "focus.lifecycle": "how sessions begin and end: shared by the commands, backfilling and the job that ends sessions",
    "focus.timeline": "pure functions over a session; they have neither a route nor a table",
    "tasks.checks": "what the commands on tasks, subtasks and series check before they change anything",
    "tasks.occurrences": "how one occurrence of a series follows another; its routes are those of the series",
}
"""Stems that stand in a single layer, each with its reason."""

ABOUT_SEVERAL = {
    "auth": {
        "guessing": "how often passwords and codes can be guessed",
        "hashing": "what is refused before a password is hashed",
        "openid": "the client of a provider, without a network",
        "overlaps": "what begins a session or creates a secret, against what ends it",
        "rotation": "refresh tokens on several processes",
        "same_work": "known and unknown accounts cause the same work",
        "tokens": "access tokens against every kind of route",
    },
    "focus": {
        "counting": "what the minutes of a session change in other features",
        "devices": "one session, several devices",
        "forgotten": "sessions that the server ends",
        "history": "listing and exporting sessions",
        "late_commands": "commands that are sent later than they happened",
        "late_commands_at_random": "random histories of such commands",
    },
    "tasks": {
        "complete": "the path from a completion to everything that follows",
        "recurrence": "rules of recurrence over HTTP",
        "series_at_random": "random histories of series",
    },
    "ai": {"odd_texts": "NUL, halves of characters and escapes in texts of students and models"},
    "attachments": {"attachments_in_s3": "the same promises with a real S3 server"},
    "analytics": {"overview": "the overview"},
    "calendar": {
        "accounts_on_servers": "accounts on real CalDAV servers, beside another client",
        "accounts_attacked": "providers that lie or break, and races, each once",
        "servers_attacked": "what goes wrong with real CalDAV servers",
        "vendors_attacked": "what goes wrong at Google and Microsoft, and who may connect them",
        "accounts_at_random": "random histories of accounts, with faults and deaths",
        "feed_fairness": "what servers that never answer delay",
        "feed_reading": "the process that reads calendars of others, with hostile ones",
    },
    "gamification": {"points": "the points"},
    "notifications": {
        "mails": "the mails that notifications sends",
        "security_notices": "what students are told about the security of their account",
    },
}
"""Tests that are about more than one noun, each with its subject."""


def _stems(feature: Path) -> dict[str, set[str]]:
    """The layers in which each stem of a feature stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for layer in LAYERS:
        for module in (feature / layer).glob("*.py"):
            if module.stem != "__init__":
                found[module.stem].add(layer)
    return found


def _features() -> list[Path]:
    return sorted(path for path in FEATURES.iterdir() if (path / "__init__.py").exists())


def test_a_stem_stands_in_several_layers_or_says_why_not() -> None:
    alone = {
        f"{feature.name}.{stem}"
        for feature in _features()
        for stem, layers in _stems(feature).items()
        if len(layers) == 1
    }
    assert alone == set(IN_ONE_LAYER)


@pytest.mark.parametrize("feature", _features(), ids=lambda path: path.name)
def test_tests_are_named_after_the_nouns_of_their_feature(feature: Path) -> None:
    tests = {path.stem.removeprefix("test_") for path in (TESTS / feature.name).glob("test_*.py")}
    assert tests - set(_stems(feature)) - {feature.name} == set(ABOUT_SEVERAL.get(feature.name, ()))


@pytest.mark.parametrize("feature", _features(), ids=lambda path: path.name)
def test_a_package_of_a_feature_gathers_no_names(feature: Path) -> None:
    for layer in LAYERS:
        package = feature / layer / "__init__.py"
        assert not package.exists() or "import" not in package.read_text()
