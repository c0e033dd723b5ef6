"""Requests, responses and errors of the calendar, one module per resource."""
