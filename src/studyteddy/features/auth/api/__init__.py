"""HTTP routes of auth, one module per resource."""
