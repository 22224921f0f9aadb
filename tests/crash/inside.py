"""What a crash test does inside an installation, in a process of its own: open a shop there, and examine it after.

`python -m tests.crash.inside open COUNT` writes the text of an API key; `examine` writes one JSON object.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from fidelia.worker.readiness import django_ready

DOCUMENT = {
    "rules": [
        {
            "key": "base",
            "name": {"en": "One point per euro", "fr": "Un point par euro"},
            "points_per": {"amount": "1", "points": "1"},
        }
    ],
    "tiers": {
        "window_days": 365,
        "kept_days": 365,
        "levels": [{"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "100"}],
    },
}


def card_of(number: int) -> str:
    return f"29904417{number:05}"


def open_shop(members: int) -> None:
    from fidelia.access.operations import issue_key
    from fidelia.customers.operations import NewCustomer, add_customer
    from fidelia.kernel import clock
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.localized import LocalizedText
    from fidelia.organisation.operations import set_up_operator
    from fidelia.programme.operations import create_programme, draft_version, enrol, publish_version

    by, at = Actor.system("tests"), clock.now() - timedelta(days=1)
    set_up_operator(by=by, at=at, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris")
    programme = create_programme(
        by=by, at=at, slug="cercle", name=LocalizedText("Circle", "Cercle"), currency="EUR", time_zone="Europe/Paris",
        points_code="PTS", points_name=LocalizedText("points", "points"),
    )  # fmt: skip
    version = draft_version(by=by, at=at, programme=programme, document=DOCUMENT)
    publish_version(by=by, at=at, version=version, in_force_from=at)
    for number in range(members):
        person = NewCustomer(
            source="till", given_name=f"Client {number}", email=f"client{number}@fidelio.example",
            identities=(("card", card_of(number)),), language="en" if number % 2 else "fr",
        )  # fmt: skip
        customer = add_customer(by=by, at=at, customer=person)
        enrol(by=by, at=at, programme=programme, customer_id=customer.id, source="till")
    key = issue_key(by=by, at=at, name="till", rights=["purchase.record"], limit_per_minute=1_000_000)
    sys.stdout.write(key.text)


def examine() -> None:
    from fidelia.activity.models import Purchase
    from fidelia.activity.queries import find_broken_chain
    from fidelia.flow import REACTIONS
    from fidelia.kernel import clock
    from fidelia.kernel.outbox.keeping import count_lag
    from fidelia.ledger.queries import find_broken_invariants, list_balances
    from fidelia.messaging.models import Message
    from fidelia.programme.models import Enrolment

    accounts = list(Enrolment.objects.values_list("account_id", flat=True))
    balances = list_balances(account_ids=accounts, currency="PTS", at=clock.now())
    purchases = Purchase.objects.values_list("idempotency_key", "purchase_id", "points", "account_id")
    found = {
        "purchases": {key: [str(purchase), points, str(account)] for key, purchase, points, account in purchases},
        "balances": {str(account): balance.posted for account, balance in balances.items()},
        "broken_invariants": list(map(str, find_broken_invariants())),
        "broken_chains": [str(account) for account in accounts if find_broken_chain(account) is not None],
        "unserved": sum(lag.pending for lag in count_lag(REACTIONS)),
        "parked": sum(lag.failed + lag.waiting for lag in count_lag(REACTIONS)),
        "messages": {message.message_id: [message.state, message.idempotency_key] for message in Message.objects.all()},
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    django_ready()
    if sys.argv[1] == "open":
        open_shop(int(sys.argv[2]))
    else:
        examine()
