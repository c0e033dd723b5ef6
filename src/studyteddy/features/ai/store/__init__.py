"""SQL statements of AI, one module per resource."""
