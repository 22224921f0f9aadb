"""Programmes: what members earn and keep. Points currencies, published rule versions, enrolments and tiers.

Nouns: a *programme* has *versions*, each a *document* of rules, points policy and tiers; an *enrolment* ties a customer
to a programme and points at a points *account*; a *tier* is held for a period.
"""
