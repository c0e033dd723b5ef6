"""What Study Teddy tells a student, inside the app.

Owns: notifications. Publishes: notification.created, notifications.read, notification.deleted.
Reacts to: user.registered, task.completed, focus.forgotten, and what touches an account: verification, passwords,
second factor, archives, deletion.
"""
