"""The ledger records: double-entry accounts of points that only append.

An *account* holds points of one or more currencies. A *posting* is one act on one account (an earn, a redemption…);
its *entries* sum to zero, one leg with the member, the other with an account code of the programme's side. A *lot* is
what one posting brought, with its expiry, cost and funding; points leave lots first expiring, first out. A *hold* keeps
points for a moment, to be captured or released.

Promises: a key is posted once; a balance is its entries, and its lots; nothing is ever overwritten; points die at
their instant without a job. The view `ledger_broken` says where a promise is broken, and is empty. The ledger knows
nothing of programmes, customers or rules. Read `operations.post_entry` first.
"""
