"""Accounts and sessions, and every way in and out of them.

Owns: users, sessions, API keys, mail tokens, second factors, identities, archives. Publishes: user.*, preferences.*,
export.*, and what the mails need (internal). Reacts to: export.asked.
"""
