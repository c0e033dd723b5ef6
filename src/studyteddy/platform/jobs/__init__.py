"""Durable jobs on PostgreSQL: a function with a trigger. A listener is a job, and so is a schedule.

A job that asks for `tx` runs inside the transaction that also marks it done: its effects happen exactly once.
A job that asks for `db` talks to the outside, under a lease: it may run again and must be harmless when it does.
"""

from studyteddy.platform.jobs.registry import Job, Jobs, Registry, order
from studyteddy.platform.jobs.worker import Policy, Worker

__all__ = ["Job", "Jobs", "Policy", "Registry", "Worker", "order"]
