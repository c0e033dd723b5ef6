"""Tasks, their subtasks and their attachments.

Owns: tasks, subtasks, attachments, and the files of these. Publishes: task.*, subtask.*, subtasks.reordered,
attachment.*. Reacts to: task.deleted, attachment.deleted.
"""
