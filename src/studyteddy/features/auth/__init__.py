"""Accounts and sessions.

Owns: users, sessions. Publishes: user.registered (internal), user.updated. Reacts to: nothing.
"""
