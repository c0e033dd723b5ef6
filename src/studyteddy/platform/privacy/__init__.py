"""Data export and retention, as the stores declare them. Rows are erased with their account, by foreign keys."""
