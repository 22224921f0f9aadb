"""Referral: a member brings a friend, and both are rewarded once the friend has truly come.

Nouns: a *referral code* is a member's own; a *referral* is one friend who came by it, with its state: pending,
review (a person looks at it), qualified (the purchases are there, the time for returns runs), rewarded, refused with a
reason, or taken back when the goods came back. Nobody is told by an error that a guard has acted: the referral is
kept as refused, and says why.
"""
