"""Whole numbers or polynomials over names, exactly; arithmetic as a spec writes it."""
