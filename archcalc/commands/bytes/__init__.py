"""How many bytes a network takes, and the batch that fits."""
