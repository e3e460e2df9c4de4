"""Convolutions and matrix products of a network, as hardware simulators read them."""
