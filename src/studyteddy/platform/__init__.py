"""What every feature needs and none owns. Knows nothing of features or of the events they publish."""
