"""Tasks and their subtasks.

Owns: tasks, subtasks. Publishes: task.*, subtask.*, subtasks.reordered. Reacts to: nothing.
"""
