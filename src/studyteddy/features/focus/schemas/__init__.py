"""Requests, responses and errors for focus, one module per resource."""
