"""Backtest: what a version would have done over real history, to the point (`operations.backtesting` runs it).

`history` finds candidates set-based over exported facts, `replaying` settles them with the Python of a till.
"""
