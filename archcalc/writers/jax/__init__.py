"""Networks as JAX code, with flax's `nnx` for layers."""
