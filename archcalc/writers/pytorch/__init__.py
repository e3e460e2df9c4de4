"""A network as PyTorch code that a person could have written."""
