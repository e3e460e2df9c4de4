"""Networks as Keras code."""
