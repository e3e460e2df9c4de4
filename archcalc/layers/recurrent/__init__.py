"""Recurrent layers, and the kernels that torch runs them with."""
