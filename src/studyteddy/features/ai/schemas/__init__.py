"""Requests, responses and errors of AI, one module per resource."""
