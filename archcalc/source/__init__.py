"""The text of a file: bytes, YAML values with their places, edits of single values."""
