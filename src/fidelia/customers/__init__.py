"""The customer file: who they are, how they are named and reached, what they agreed to, what is known of them.

Nouns: a *customer* is a person or a company, prospects too; an *identity* names one customer (a card number, the key of
another system); a *contact point* is where one is reached, and a family may share it; a *consent* is an event with its
proof; a *trait* is something known of a customer for a period; a *segment* is a condition and its dated members.
"""
