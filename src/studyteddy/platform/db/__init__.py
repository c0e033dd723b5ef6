"""The database: statements, single reads, and the transaction that carries time and events.

Two walls stand round every student's rows. The first is in the statements: one that touches a student's
rows takes the owner as `$1`. The second is in PostgreSQL: row-level security compares each row's owner with
`app.user_id`, which is set for one transaction only (`set_config(…, true)`), in the round trip of `BEGIN`.

A read outside a transaction passes the second wall in its own single round trip: the statement is
wrapped so that its `$1` *is* the value that `set_config` returned. The rows cannot be looked for before the
owner is set, since looking for them needs that value (docs/adr/0004).
"""

from studyteddy.platform.db.database import Database, connect
from studyteddy.platform.db.faults import CONTENTION
from studyteddy.platform.db.orders import Announcement, JobOrder, Reaction, Replay
from studyteddy.platform.db.reading import Reading
from studyteddy.platform.db.statement import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Purpose, Tx

__all__ = [
    "CONTENTION", "Announcement", "Database", "JobOrder", "Nothing", "Purpose", "Reaction", "Reader", "Reading",
    "Replay", "Statement", "Tx", "connect",
]  # fmt: skip
