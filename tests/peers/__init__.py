"""Servers that others wrote, to prove our side against."""
