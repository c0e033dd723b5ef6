"""What notifications send outside the app."""
