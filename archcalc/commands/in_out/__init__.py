"""Specs begun, put in canonical form, and described for editors."""
