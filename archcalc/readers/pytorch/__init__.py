"""PyTorch modules, read through torch.export."""
