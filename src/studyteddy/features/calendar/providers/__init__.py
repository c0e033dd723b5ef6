"""Calendars that students keep elsewhere and that can be written to."""
