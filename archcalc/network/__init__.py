"""A loaded network, its `Analysis`, figures by name, and the same network in torch."""
