"""The version, for all who print it."""

__version__ = "0.1.0"
