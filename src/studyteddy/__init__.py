"""Study Teddy: a study planner whose heart never loses and never doubles anything."""

__version__ = "0.1.0"
