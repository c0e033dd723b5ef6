"""Local dates, time zones and recurrence rules."""
