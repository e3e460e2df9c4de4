"""The rules that refuse a file, with examples, by group."""
