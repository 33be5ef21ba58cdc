"""A formal and property-based verifier for liquidation mechanisms."""

__version__ = "0.1.0"
