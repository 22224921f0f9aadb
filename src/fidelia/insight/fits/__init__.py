"""Fits: models of buying and of value, each a formula from a paper with parameters found by maximum likelihood.

Pure: numpy and scipy; no Django, no database, no clock. A `BuyingHistory` goes in, a `Fit` comes out whose `model`
answers questions about any customer. Time runs in one unit throughout, money in one currency's unit throughout.
"""

from __future__ import annotations

from .beta_geometric import BgNbd, MbgNbd, fit_bg_nbd, fit_mbg_nbd
from .buyers import BuyerModel
from .gamma_gamma import GammaGamma, SpendingHistory, fit_gamma_gamma
from .history import BuyingHistory
from .maximum import Fit
from .purchases import CountedPurchases, count_purchases

__all__ = [
    "BgNbd",
    "BuyerModel",
    "BuyingHistory",
    "CountedPurchases",
    "Fit",
    "GammaGamma",
    "MbgNbd",
    "SpendingHistory",
    "count_purchases",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
]
