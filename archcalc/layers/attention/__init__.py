"""Attention and what belongs to it: its kernels, gradients and positions."""
