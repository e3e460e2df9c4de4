"""Reports about files that hold weights alone: what can be said without a graph."""
