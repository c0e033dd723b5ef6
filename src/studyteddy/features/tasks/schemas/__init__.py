"""Requests, responses and errors for tasks, one module per resource."""
