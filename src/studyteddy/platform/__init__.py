"""The parts shared by all features. Doesn't depend on features or their events."""
