"""The composition root: settings → resources → app, worker."""
