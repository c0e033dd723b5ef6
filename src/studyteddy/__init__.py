"""Study Teddy: a study planner API."""

__version__ = "0.4.0"
