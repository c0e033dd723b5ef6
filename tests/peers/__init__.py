"""Third-party servers used to test the integrations."""
