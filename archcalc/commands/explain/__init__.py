"""Where a figure comes from: its formula, conventions, published figures, exercises."""
