"""A network held against another: the same graph, or the first places that differ."""
