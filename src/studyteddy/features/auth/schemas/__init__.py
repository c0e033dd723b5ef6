"""Requests, responses and errors of auth, one module per resource."""
