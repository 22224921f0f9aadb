"""django-oscar's offers on baskets of the same sizes; run by an interpreter that has django-oscar 4.2 (SQLite).

Called as `python oscar_peer.py SIZES ROUNDS`; prints µs of CPU of one pricing by size as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal


def set_up() -> None:
    import django
    from django.conf import settings
    from oscar import defaults

    apps = [
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites",
        "django.contrib.messages", "django.contrib.flatpages", "django.contrib.admin", "oscar.config.Shop",
        "oscar.apps.analytics.apps.AnalyticsConfig", "oscar.apps.checkout.apps.CheckoutConfig",
        "oscar.apps.address.apps.AddressConfig", "oscar.apps.shipping.apps.ShippingConfig",
        "oscar.apps.catalogue.apps.CatalogueConfig", "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
        "oscar.apps.communication.apps.CommunicationConfig", "oscar.apps.partner.apps.PartnerConfig",
        "oscar.apps.basket.apps.BasketConfig", "oscar.apps.payment.apps.PaymentConfig",
        "oscar.apps.offer.apps.OfferConfig", "oscar.apps.order.apps.OrderConfig",
        "oscar.apps.customer.apps.CustomerConfig", "oscar.apps.search.apps.SearchConfig",
        "oscar.apps.voucher.apps.VoucherConfig", "oscar.apps.wishlists.apps.WishlistsConfig",
        "oscar.apps.dashboard.apps.DashboardConfig", "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
        "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
        "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
        "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
        "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
        "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
        "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
        "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
        "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
        "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
        "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
        "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
        "widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "easy_thumbnails", "django_tables2",
    ]  # fmt: skip
    found = {name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")}
    settings.configure(
        **found,
        SECRET_KEY="peer",
        INSTALLED_APPS=apps,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def cpu_of(offers: int, lines: int, rounds: int) -> float:
    """So many offers of 10 % on one product each, on a basket of so many lines, priced anew each time."""
    from oscar.core.loading import get_class, get_model
    from oscar.test import factories

    model = {name: get_model("offer", name) for name in ("Range", "Condition", "Benefit", "ConditionalOffer")}
    model["ConditionalOffer"].objects.all().delete()
    products = [factories.create_product(price=Decimal("10.00"), num_in_stock=100) for _line in range(lines)]
    for number in range(offers):
        reach = model["Range"].objects.create(name=f"range {offers} {lines} {number}")
        if number < lines:
            reach.add_product(products[number])
        condition = model["Condition"].objects.create(range=reach, type="Count", value=1)
        benefit = model["Benefit"].objects.create(range=reach, type="Percentage", value=10)
        model["ConditionalOffer"].objects.create(
            name=f"offer {offers} {lines} {number}", condition=condition, benefit=benefit
        )
    basket = factories.create_basket(empty=True)
    for product in products:
        basket.add_product(product)
    applicator = get_class("offer.applicator", "Applicator")()
    applicator.apply(basket)
    assert basket.total_discount > 0, "the offers apply"
    began = time.process_time()
    for _round in range(rounds):
        basket.reset_offer_applications()
        applicator.apply(basket)
    return 1e6 * (time.process_time() - began) / rounds


def main(sizes: str, rounds: str) -> None:
    set_up()
    print(json.dumps({f"{o}x{n}": cpu_of(o, n, max(5, int(rounds) // 10)) for o, n in json.loads(sizes)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
