"""Specs: new ones, shipped ones, in canonical form, described for editors."""
