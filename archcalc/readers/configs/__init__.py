"""`config.json` of Hugging Face: a shipped spec with the sizes that it states."""
