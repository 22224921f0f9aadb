"""Loyalty cards in the console: series and their cards, one card and what becomes of it."""
