"""Business logic of auth, one module per resource."""
