"""HTTP routes for tasks, one module per resource."""
