"""Actions of the calendar, one module per resource."""
