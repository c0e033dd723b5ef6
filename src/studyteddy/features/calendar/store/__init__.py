"""SQL statements of the calendar, one module per resource."""
