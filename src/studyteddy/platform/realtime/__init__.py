"""Live events: numbered in PostgreSQL, delivered through Redis, complete for sockets that resume."""
