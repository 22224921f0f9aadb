"""The till page: who it is, what it gives, one sale after the other, on line or off. Read `views.py` first.

Its pages and questions live under /till/, where its service worker may stand in for the network.
"""
