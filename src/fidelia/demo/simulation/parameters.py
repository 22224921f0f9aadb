"""The true parameters: what an analyst of the invented shop tries to find again.

Time runs in *shop weeks*: a week in which the shop is as busy as it is on average (see `clock`). In that time every
customer buys as a Pareto/NBD process, exactly; in calendar time the seasons lie over it.

    rate of purchases per shop week    Gamma(shape r, rate alpha), different for each customer
    lifetime in shop weeks             exponential, its rate Gamma(shape s, rate beta), different for each customer
    euros of one purchase              Gamma(shape p, rate nu), nu ~ Gamma(shape q, rate gamma) for each customer

The first purchase is what brings a customer into the file; the process counts those that follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuyerParameters:
    """Pareto/NBD and gamma-gamma of one kind of customer; rates per shop week, money in euros."""

    r: float
    alpha: float
    s: float
    beta: float
    p: float
    q: float
    gamma: float

    @property
    def mean_spend(self) -> float:
        """Return the euros that one purchase comes to, over all customers."""
        return self.p * self.gamma / (self.q - 1)

    def expected_repeats(self, weeks: float) -> float:
        """Return how many purchases are expected in so many shop weeks after the first (Schmittlein 1987)."""
        ratio = self.beta / (self.beta + weeks)
        return self.r * self.beta / (self.alpha * (self.s - 1)) * (1 - float(ratio ** (self.s - 1)))

    def share_alive(self, weeks: float) -> float:
        """Return the share of customers who have not left `weeks` shop weeks after their first purchase."""
        return float((self.beta / (self.beta + weeks)) ** self.s)


PERSONS = BuyerParameters(r=0.60, alpha=8.0, s=0.62, beta=12.0, p=4.0, q=3.6, gamma=22.0)
COMPANIES = BuyerParameters(r=2.2, alpha=7.0, s=0.50, beta=60.0, p=5.0, q=4.0, gamma=84.0)


@dataclass(frozen=True, slots=True)
class ShopParameters:
    """Everything else that was decided and not drawn. Shares are of the customers or receipts they speak of."""

    days: int = 730
    share_companies: float = 0.03
    share_members: float = 0.93  # of persons; the others are known to the web shop and did not join
    share_members_among_companies: float = 0.40
    every_joins_late: int = 12  # one member in so many joins at a later visit, if they came in those days
    joins_late_days_ago: tuple[int, int] = (265, 185)
    share_opening: float = 0.34  # came when the programme opened: those who bought before it there was one
    opening_days: float = 45.0
    anonymous_per_named: float = 0.45
    anonymous_spend: float = 0.62  # of what a customer known by name spends
    share_returned: float = 0.05  # of receipts that hold a packed article
    share_returned_without_receipt: float = 0.12
    share_english: float = 0.10
    share_with_email: float = 0.86
    share_with_phone: float = 0.58
    share_with_birthday: float = 0.74
    share_email_consent: float = 0.70  # of those with an address: about 60 % of all
    share_sms_consent: float = 0.35
    share_profiling_consent: float = 0.45
    share_consent_withdrawn: float = 0.07
    campaign_days_ago: int = 35  # from its launch to the end of the history
    past_campaign_days_ago: int = 170
    past_campaign_days: int = 35
    newcomer_days: float = 183.0  # shop days since the first purchase
    past_lift_of_newcomers: float = 1.5  # the campaign that is over brings back those who came lately, ...
    past_lift_of_others: float = 0.1  # ... and hardly anybody else: what an uplift score has to find
    campaign_lift: float = 0.45  # the treated who have not left buy at 1.45 times their own rate


SHOP = ShopParameters()
