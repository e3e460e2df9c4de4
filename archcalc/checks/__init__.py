"""Whether a spec is right, meant, and true to published figures."""
