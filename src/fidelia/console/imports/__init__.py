"""Bring a file in: hand it in, say what its columns are, check all of it, record it, mend what was left.

Nothing is written before the recording; every page says so, and every choice stays when a person leaves.
"""
