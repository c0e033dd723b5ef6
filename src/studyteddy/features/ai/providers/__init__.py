"""Language models: any OpenAI-compatible endpoint, and a built-in one that always answers the same."""
