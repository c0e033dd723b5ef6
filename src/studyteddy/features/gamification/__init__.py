"""Points that cannot be farmed.

Owns: points_ledger. Publishes: points.changed. Reacts to: task.completed, task.reopened,
focus.completed, focus.deleted.
"""
