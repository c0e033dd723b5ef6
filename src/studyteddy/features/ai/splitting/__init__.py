"""Splitting an assignment into steps: templates, and checks of what a model proposes.

Pure: no provider, no database, no clock.
"""
