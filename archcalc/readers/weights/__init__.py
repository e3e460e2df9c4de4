"""Files that hold weights and no graph: what they say of each tensor.

Only headers are read. A file of weights is no network: sizes between layers and
operations cannot be known, so whatever needs them is refused (`WeightsAlone`).
"""
