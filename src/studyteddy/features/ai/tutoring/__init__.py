"""Tutoring rules: which move is allowed, and whether a draft reveals the answer. Pure; no provider, no database."""
