"""Tabular files: read any row as text under its mapped names, know the file again, give rejected rows back.

Nouns: a *mapping* says which column is what; a *row* is numbered from 1 as in the file (the header is not a row); a
*reject* is a row given back with its reason in the last column.
"""
