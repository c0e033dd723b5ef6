"""What the numbers say: daily aggregates by the student's local date, kept by events.

Owns: daily_progress. Publishes: progress.updated. Reacts to: task.completed, task.reopened,
focus.completed, focus.deleted.
"""
