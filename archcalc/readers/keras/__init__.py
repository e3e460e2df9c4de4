"""Keras models: what `model.save("m.keras")` and `model.to_json()` write."""
