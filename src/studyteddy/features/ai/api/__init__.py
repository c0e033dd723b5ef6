"""HTTP routes for AI, one module per resource."""
