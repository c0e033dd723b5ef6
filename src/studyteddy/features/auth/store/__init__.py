"""SQL statements of auth, one module per resource."""
