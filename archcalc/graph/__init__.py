"""The network as named nodes, and what follows from how they are connected."""
