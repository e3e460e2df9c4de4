"""Bytes: what lives when, in inference and in training."""
