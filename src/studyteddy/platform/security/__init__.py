"""Access tokens, authorization, revocation, passwords, encryption and the audit log."""
