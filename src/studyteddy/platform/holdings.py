"""What the platform itself holds of a person."""

from __future__ import annotations

from studyteddy.platform.personal import exported, withheld

HOLDINGS = [
    exported("audit_log", "seq, at, action, address, detail", order="seq"),
    withheld("audit_heads", "where the chain of the audit log ends"),
    exported("events", "seq, at, type, data::json AS data", order="seq"),
    withheld("event_counters", "a number that orders the events"),
    withheld("idempotency_keys", "answers that are kept for a day, to what the other tables hold"),
    withheld("realtime_tickets", "hashes of tickets that last 30 seconds"),
    withheld("jobs", "work under way, about what the other tables hold"),
    withheld("jobs_dead", "work that failed, about what the other tables hold"),
]
