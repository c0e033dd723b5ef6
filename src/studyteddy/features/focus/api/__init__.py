"""HTTP routes for focus, one module per resource."""
