"""Object storage, file types and images."""
