"""What is scarce: coupons, vouchers, gift cards, pieces of a reward, and what a limit still allows.

A checkout *reserves* (with an expiry), *consumes* when it closes, and *gives back* when it is cancelled or returned.
All of it goes through four functions of the database (sql/), which take rows in one order: coupons, vouchers, gift
cards, stock, limits, each in the order of their keys. What is taken is counted in `Counter`, told in `Use`, and guarded
by the database: no counter passes its capacity, no gift card falls below zero.
"""
