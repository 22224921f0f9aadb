"""Questions about referrals. Nothing here writes."""

from .referrals import Funnel, ReferralFilters, funnel_of, get_referral, list_referrals
from .sight import MyReferral, ReferredFriend, referral_of, sentence_of_state, sentence_of_terms

__all__ = [
    "Funnel",
    "MyReferral",
    "ReferralFilters",
    "ReferredFriend",
    "funnel_of",
    "get_referral",
    "list_referrals",
    "referral_of",
    "sentence_of_state",
    "sentence_of_terms",
]
