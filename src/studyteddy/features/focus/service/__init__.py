"""Actions on focus, one module per resource."""
