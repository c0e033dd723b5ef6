"""Focus sessions: a timer that the server owns, the same on every device, and its rhythms.

Owns: focus_sessions, focus_presets. Publishes: focus.*, preset.*. Reacts to: nothing.
"""
