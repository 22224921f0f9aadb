"""Loyalty cards: the numbers there are, whom each names, and what a till is told of one that works no more.

Nouns: a *series* says how its numbers look; a *card* has one number and a life: issued, provisional, active, and then
lost, replaced, blocked or expired. What a card names stays an identity of the customer file, so that a plain identity
"card" works as it always did; only a card that works holds one. Points are the enrolment's, never the card's.
"""
