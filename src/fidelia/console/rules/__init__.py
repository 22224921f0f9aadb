"""The rule builder: blocks, text and words of one rule, kept in step. Read `editor.py` first."""
