"""Measures: what insight counts, each defined in the docstring of the function that computes it.

Pure: Ibis expressions and integers, no Django, no clock, no database. A measure is a chain of named steps, each a table
that can be looked at by itself. Money is a whole number of minor units from the first step to the last.
"""
