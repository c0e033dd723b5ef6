"""HTTP routes for the calendar, one module per resource."""
