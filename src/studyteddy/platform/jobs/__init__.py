"""Durable background jobs on PostgreSQL: a function with a trigger. A listener is a job, and so is a schedule.

A job that takes `tx` runs inside the transaction that also marks it as done: its effects happen exactly once.
A job that takes `db` calls the outside, under a lease: it may run again and must be harmless when it does.
"""
