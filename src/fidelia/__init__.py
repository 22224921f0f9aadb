"""Fidelia: an open-source, self-hosted customer loyalty platform."""

__version__ = "0.1.0"
