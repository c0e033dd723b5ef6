"""What another client does: Google's own, as its guide to synchronization says. Reads commands, and writes answers."""

from __future__ import annotations

import json
import sys
from typing import Any


class Client:
    """Keeps the events of one calendar after another, by id."""

    def __init__(self, api: str, token: str) -> None:
        from google.oauth2.credentials import Credentials  # type: ignore[import-not-found] # see `google_clients.py`
        from googleapiclient.discovery import build  # type: ignore[import-not-found]
        from googleapiclient.errors import HttpError  # type: ignore[import-not-found]

        self.fault = HttpError
        options = {"api_endpoint": f"{api}/"}
        credentials = Credentials(token)
        self.service = build("calendar", "v3", credentials=credentials, client_options=options, static_discovery=True)
        self.events: dict[str, Any] = {}
        self.token = ""

    def sync(self, calendar: str, single: bool) -> Any:
        """Return how often everything was read anew, and the titles and starts of the events."""
        resets = 0
        while True:
            more = {"syncToken": self.token} if self.token else {}
            request = self.service.events().list(calendarId=calendar, singleEvents=single, maxResults=2, **more)
            try:
                while request is not None:
                    page = request.execute()
                    for event in page["items"]:
                        if event["status"] == "cancelled":
                            self.events.pop(event["id"], None)
                        else:
                            self.events[event["id"]] = event
                    request = self.service.events().list_next(request, page)
            except self.fault as fault:
                if fault.status_code != 410:
                    raise
                self.token, self.events, resets = "", {}, resets + 1
                continue
            self.token = page["nextSyncToken"]
            return [resets, {id: [one.get("summary"), one["start"]] for id, one in self.events.items()}]

    def calendars(self) -> Any:
        page = self.service.calendarList().list().execute()
        return [[one["id"], one["accessRole"]] for one in page["items"]]

    def call(self, method: str, etag: str, arguments: dict[str, Any]) -> Any:
        """Return the answer of any method of events, or the status and reasons of its error."""
        request = getattr(self.service.events(), method)(**arguments)
        if etag:
            request.headers["If-Match"] = etag
        try:
            return request.execute() or {}
        except self.fault as fault:
            return [fault.status_code, [one["reason"] for one in fault.error_details]]

    def busy(self, calendar: str, since: str, until: str) -> Any:
        body = {"timeMin": since, "timeMax": until, "items": [{"id": calendar}]}
        answer = self.service.freebusy().query(body=body).execute()
        return answer["calendars"][calendar]["busy"]


def main(api: str, token: str) -> None:
    client = Client(api, token)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(getattr(client, command)(*arguments)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
