"""Whoever vouches for people besides us."""
