"""The database: pool, transactions, the outbox, statements, schema and migrations.

Two independent layers keep students apart. First, every statement that touches a student's rows takes the owner as
`$1`. Second, row-level security in PostgreSQL compares the owner of each row with `app.user_id`, which is set for one
transaction only (`set_config(…, true)`), in the round trip of `BEGIN`.

A read outside a transaction passes the second layer in a single round trip: the statement is wrapped so that its `$1`
is the value that `set_config` returned. The rows can't be looked up before the owner is set, because the look-up needs
that value (docs/adr/0004).
"""
