"""SQL statements for tasks, one module per resource."""
