"""Actions on tasks, one module per resource."""
