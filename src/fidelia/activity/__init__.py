"""What customers did: purchases and returns, each decided by the rules in force and recorded with the decision.

Nouns: a *purchase* has *lines*; a *return* is a purchase of the kind return that gives back lines of an earlier one, or
stands alone; a *decision* is the append-only record of what the rules saw and granted, chained per points account.
"""
