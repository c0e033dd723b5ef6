"""Notifications sent outside the app."""
