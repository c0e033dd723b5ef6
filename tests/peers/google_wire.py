"""Errors as Google Calendar answers them (https://developers.google.com/workspace/calendar/api/guides/errors)."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request that isn't carried out."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def refusal(status: int, reason: str) -> dict[str, Any]:
    cause = {"domain": "calendar", "reason": reason, "message": f"It is {reason}."}
    return {"error": {"code": status, "message": cause["message"], "errors": [cause]}}
