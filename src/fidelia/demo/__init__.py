"""The invented shop, Maison Éléonore: simulated, then filled in through the operations of every module."""
