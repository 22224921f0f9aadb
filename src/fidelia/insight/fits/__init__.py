"""Fits: models of buying and of value, each a formula from a paper with parameters found by maximum likelihood.

Pure: numpy and scipy; no Django, no database, no clock. A `BuyingHistory` goes in, a `Fit` comes out whose `model`
answers questions about any customer. Time runs in one unit throughout, money in one currency's unit throughout.
`scoring` and `proof` are packages of their own, since scikit-learn is slow to import.
"""

from __future__ import annotations

from .beta_geometric import BgNbd, MbgNbd, fit_bg_nbd, fit_mbg_nbd, fit_repeat_buying
from .bg_bb import BgBb, fit_bg_bb
from .buyers import BuyerModel
from .gamma_gamma import GammaGamma, SpendingHistory, fit_gamma_gamma
from .history import BuyingHistory
from .holdout import CountsCompared, HoldoutCompared, Tracked, compare_counts, compare_holdout, track
from .maximum import Fit
from .pareto_nbd import ParetoNbd, fit_pareto_nbd
from .portfolio import PortfolioValue, value_portfolio
from .purchases import CountedPurchases, count_purchases
from .shifted_beta_geometric import ContractHistory, ShiftedBetaGeometric, fit_shifted_beta_geometric
from .silence import Silence, find_silence
from .textbook import textbook_margins, textbook_value
from .value import (
    ContinuousDiscount,
    DiscreteDiscount,
    continuous_from_yearly,
    discounted_purchases,
    expected_value,
    purchases_discounted_forever,
    yearly_from_continuous,
)

__all__ = [
    "BgBb",
    "BgNbd",
    "BuyerModel",
    "BuyingHistory",
    "ContinuousDiscount",
    "ContractHistory",
    "CountedPurchases",
    "CountsCompared",
    "DiscreteDiscount",
    "Fit",
    "GammaGamma",
    "HoldoutCompared",
    "MbgNbd",
    "ParetoNbd",
    "PortfolioValue",
    "ShiftedBetaGeometric",
    "Silence",
    "SpendingHistory",
    "Tracked",
    "compare_counts",
    "compare_holdout",
    "continuous_from_yearly",
    "count_purchases",
    "discounted_purchases",
    "expected_value",
    "find_silence",
    "fit_bg_bb",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
    "fit_repeat_buying",
    "fit_shifted_beta_geometric",
    "purchases_discounted_forever",
    "textbook_margins",
    "textbook_value",
    "track",
    "value_portfolio",
    "yearly_from_continuous",
]
