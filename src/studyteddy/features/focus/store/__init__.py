"""SQL statements for focus, one module per resource."""
