"""Figures as formulas over the names that a reader knows."""
