"""Actions of AI, one module per resource."""
