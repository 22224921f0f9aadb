"""Tables of activity: append-only for the application, but the head of a chain of decisions and a checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id
from fidelia.rules import Outcome
from fidelia.rules.pricing import Discount


class Purchase(models.Model):
    """A closed purchase or a return, with what was decided about it.

    `total`, `product_total` are minor units of `currency`, tax included, after discounts; negative for a return.
    `points` are minor units of the programme's points currency; negative when taken back. A return has the store to
    which it was brought; `borne_by_store_id` says whose sales and points it lowers, where the purchase had a store.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        RETURN = "return"

    purchase_id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    source = models.CharField(max_length=60)
    receipt_number = models.CharField(max_length=80)
    idempotency_owner = models.CharField(max_length=80)
    idempotency_key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    programme_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    enrolment_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    borne_by_store_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    product_total = models.BigIntegerField()
    points = models.BigIntegerField(default=0)
    balance_after = models.BigIntegerField(null=True)
    rule_version_id = models.UUIDField(null=True)
    posting_id = models.UUIDField(null=True)
    # A return is written under a lock on what it returns, which nobody may delete: a check of the key would be one more
    # trigger at the end of every sale, which returns nothing; nor has a sale a place in the index.
    returns_purchase = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="returns", db_constraint=False, db_index=False
    )
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    origin = models.CharField(max_length=12)
    # Of a closed checkout and its returns: what was asked before discounts, what was taken off, the tax within `total`,
    # and what of `total` was paid by points (worth that much) and by gift cards. Null where a till priced it.
    checkout_id = models.UUIDField(null=True)
    gross = models.BigIntegerField(null=True)
    discount = models.BigIntegerField(null=True)
    tax = models.BigIntegerField(null=True)
    paid_by_points = models.BigIntegerField(null=True)
    points_spent = models.BigIntegerField(null=True)
    paid_by_gift_cards = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["idempotency_owner", "idempotency_key"], name="a request is recorded once"),
            models.UniqueConstraint(fields=["receipt_number", "source", "kind"], name="a receipt is recorded once"),
            models.CheckConstraint(condition=Q(points=0) | Q(account_id__isnull=False), name="points need an account"),
        ]
        indexes = [
            models.Index(fields=["customer_id", "occurred_at", "purchase_id"], name="purchases_of_a_customer"),
            models.Index(fields=["occurred_at", "purchase_id"], name="purchases_by_time"),
            models.Index(fields=["store_id", "occurred_at", "purchase_id"], name="purchases_of_a_store"),
            # A store that never sold by telephone would be read to its first day to find that out.
            models.Index(
                fields=["store_id", "channel", "occurred_at", "purchase_id"],
                name="purchases_beside_the_counter",
                condition=~Q(channel="store"),
            ),
            models.Index(fields=["occurred_at", "purchase_id"], name="returns_by_time", condition=Q(kind="return")),
            models.Index(fields=["total"], name="purchases_by_amount"),
            models.Index(
                fields=["returns_purchase"], name="returns_of_a_purchase", condition=Q(returns_purchase__isnull=False)
            ),
            models.Index(
                fields=["checkout_id"], name="purchases_of_a_checkout", condition=Q(checkout_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.receipt_number

    def count_for(self, claim: PurchaseClaim | None) -> Purchase:
        """Take over, in memory, what a claim made of an anonymous purchase; nothing is saved."""
        if claim is not None:
            for name in CLAIMED:
                setattr(self, name, getattr(claim, name))
            self.programme_id = self.programme_id or claim.programme_id
        return self


CLAIMED = ("customer_id", "enrolment_id", "account_id", "points", "balance_after", "rule_version_id", "posting_id")


class PurchaseClaim(models.Model):
    """A purchase, or a return of one, that counts for a member from the claim on: what it gave them, line by line.

    An anonymous one that was claimed, or one of history that was rewarded afterwards. A row of its own, because what
    was recorded is never rewritten. `sale_id` is the purchase that was claimed: its returns are claimed with it.
    `programme_id` is that of a purchase which was recorded before there was any.
    """

    purchase = models.OneToOneField(Purchase, primary_key=True, on_delete=models.PROTECT, related_name="claim")
    sale_id = models.UUIDField()
    programme_id = models.UUIDField(null=True)
    customer_id = models.UUIDField()
    enrolment_id = models.UUIDField()
    account_id = models.UUIDField()
    points = models.BigIntegerField()
    line_points = ArrayField(models.BigIntegerField())
    balance_after = models.BigIntegerField(null=True)
    rule_version_id = models.UUIDField(null=True)
    posting_id = models.UUIDField(null=True)
    claimed_at = models.DateTimeField()

    class Meta:
        db_table = "activity_claim"
        indexes = [models.Index(fields=["customer_id"], name="claims_of_a_customer")]

    def __str__(self) -> str:
        return str(self.purchase_id)


class PurchaseLine(models.Model):
    """One line. `quantity` counts thousandths of a unit; `points` is its frozen share of the purchase's points.

    `unit_price`, where it is known, is in units of 10^-unit_price_scale: prices may be finer than the currency's cents.
    A line of a return is negative and names the line that it gives back, where one is known. `category` and `brand` are
    the till's own words for a product that the file of products did not know then: a claim decides by them too.
    """

    pk = models.CompositePrimaryKey("purchase_id", "line_number")
    # The statement that writes a purchase writes its lines, and nobody may delete either: a check of each line would
    # cost a purchase more than the lines themselves.
    purchase = models.ForeignKey(
        Purchase, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    line_number = models.SmallIntegerField()
    product_id = models.UUIDField(null=True)
    product_code = models.CharField(max_length=80)
    description = models.CharField(max_length=200)
    category = models.TextField(null=True)
    brand = models.TextField(null=True)
    quantity = models.BigIntegerField()
    net = models.BigIntegerField()
    unit_price = models.BigIntegerField(null=True)
    unit_price_scale = models.SmallIntegerField(null=True)
    is_product = models.BooleanField()
    points = models.BigIntegerField()
    returns_purchase_id = models.UUIDField(null=True)
    returns_line_number = models.SmallIntegerField(null=True)
    # Of a closed checkout and its returns, as on the purchase: frozen shares, which sum to it.
    gross = models.BigIntegerField(null=True)
    discount = models.BigIntegerField(null=True)
    tax = models.BigIntegerField(null=True)
    paid_by_points = models.BigIntegerField(null=True)
    paid_by_gift_cards = models.BigIntegerField(null=True)

    class Meta:
        db_table = "activity_line"
        indexes = [
            models.Index(fields=["product_id", "purchase_id"], name="lines_of_a_product"),
            models.Index(
                fields=["returns_purchase_id", "returns_line_number"],
                name="lines_that_return_a_line",
                condition=Q(returns_purchase_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id}/{self.line_number}"


class DecisionRecord(models.Model):
    """What the rules saw and granted for one purchase; `hash` covers the record and the one before it."""

    pk = models.CompositePrimaryKey("account_id", "sequence")
    account_id = models.UUIDField()
    sequence = models.BigIntegerField()
    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="decisions", db_constraint=False)
    rule_version_id = models.UUIDField(null=True)
    record = models.JSONField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "activity_decision"

    def __str__(self) -> str:
        return f"{self.account_id}/{self.sequence}"


class DecisionChain(models.Model):
    """The last decision of each account; its row is the lock under which the next one is taken."""

    account_id = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "activity_chain"

    def __str__(self) -> str:
        return str(self.account_id)


class ToldLine(msgspec.Struct, array_like=True, frozen=True):
    """A line of an evaluation: money and points in minor units, quantities in thousandths. Kept without the names."""

    line_number: int
    product: str
    is_gift: bool
    is_shipping: bool
    quantity: int
    listed: int
    discount: int
    amount: int
    untaxed: int
    tax: int
    total: int
    paid_by_points: int
    points_paid: int
    paid_by_gift_cards: int
    points: int
    discounts: Sequence[Sequence[Any]]
    taxes: Sequence[Sequence[Any]]
    pieces: Sequence[Sequence[int]]


def packed(evaluation: Mapping[str, Any]) -> str:
    """Return the text under which an evaluation is kept."""
    outcomes = evaluation["outcomes"]
    if outcomes is not None:
        outcomes = [{name: getattr(each, member) for name, member in _OUTCOME_MEMBERS.items()} for each in outcomes]
    return msgspec.json.encode({**evaluation, "outcomes": outcomes}).decode()


def unpacked(text: str) -> dict[str, Any]:
    """Return the evaluation that was kept under a text; also of an earlier release, which kept all names."""
    found: dict[str, Any] = msgspec.json.decode(text)
    found["lines"] = [ToldLine(*line) if isinstance(line, list) else ToldLine(**line) for line in found["lines"]]
    found["effects"] = [_effect(each) for each in found["effects"]]
    if found.get("outcomes") is not None:
        rows = [{member: each.get(name) for name, member in _OUTCOME_MEMBERS.items()} for each in found["outcomes"]]
        found["outcomes"] = msgspec.convert(rows, list[Outcome])
    return found


# How the members of an outcome are called where it is kept.
_OUTCOME_MEMBERS: Final[Mapping[str, str]] = {"rule": "rule_key"} | {
    name: name for name in ("reason", "missing", "missing_type", "points", "discount", "unlimited", "by")
}


def _effect(kept: Any) -> Any:
    if isinstance(kept, dict) and kept["kind"] == "discount":
        kept = [kept[name] for name in Discount.__struct_fields__]
    return Discount(*kept) if isinstance(kept, list) else kept


class EvaluationField(models.TextField):  # type: ignore[type-arg] # not generic when it runs
    """What was answered to a basket, as `describe_evaluation` makes it: kept as the text that `packed` makes of it."""

    def from_db_value(self, value: str | None, *_context: Any) -> dict[str, Any] | None:
        return None if value is None else unpacked(value)

    def get_prep_value(self, value: Any) -> Any:
        return packed(value) if isinstance(value, dict) else value


class Checkout(models.Model):
    """A basket that a caller opens, changes and ends under an id of its own (`number`, in its `source`).

    `basket` is what was last asked, `evaluation` what was answered to it; both are the request's and the answer's own
    form. `revision` counts the changes. `total` in minor units, tax included, after discounts; `points` in minor units
    of the points currency. Closed, it is a purchase: `purchase_id`; what happened before a reopening is found by
    `Purchase.checkout_id`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    checkout_id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=60)
    number = models.CharField(max_length=80)
    state = models.CharField(max_length=9, choices=State.choices)
    revision = models.IntegerField()
    programme_id = models.UUIDField()
    customer_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    basket = models.JSONField()
    evaluation = EvaluationField()
    total = models.BigIntegerField()
    points = models.BigIntegerField()
    closures = models.SmallIntegerField(default=0)
    purchase_id = models.UUIDField(null=True)
    reserved_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "source"], name="a checkout is known once by its own id"),
            models.CheckConstraint(
                condition=Q(state="open", purchase_id=None, closed_at=None, cancelled_at=None)
                | Q(state="closed", purchase_id__isnull=False, closed_at__isnull=False, cancelled_at=None)
                | Q(state="cancelled", cancelled_at__isnull=False),
                name="a checkout is open, closed or cancelled",
            ),
            models.CheckConstraint(
                condition=Q(reserved_until=None) | Q(state="open"), name="only an open checkout reserves"
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "checkout_id"], name="checkouts_by_time"),
            models.Index(
                fields=["customer_id"], name="checkouts_of_a_customer", condition=Q(customer_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ImportBatch(models.Model):
    """What one transaction of an import recorded, which is what taking the import back undoes at a time.

    `enrolment_ids` are the memberships that it made; `undone` what its taking back came to, once that is done.
    """

    import_id = models.UUIDField()
    purchase_ids = ArrayField(models.UUIDField())
    enrolment_ids = ArrayField(models.UUIDField())
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone = models.JSONField(default=dict)

    class Meta:
        db_table = "activity_import_batch"
        indexes = [models.Index(fields=["import_id", "id"], name="batches_of_an_import")]

    def __str__(self) -> str:
        return f"{self.import_id}/{self.pk}"


class TakenBackPurchase(models.Model):
    """A purchase of an import as it stood when that was taken back; written by the database alone.

    `purchase`, `lines` and `claim` are the rows themselves. Its decisions stay in their chains, each followed by
    the one that takes it back.
    """

    purchase_id = models.UUIDField(primary_key=True)
    import_id = models.UUIDField()
    customer_id = models.UUIDField(null=True)
    purchase = models.JSONField()
    lines = models.JSONField()
    claim = models.JSONField(null=True)
    taken_back_at = models.DateTimeField()

    class Meta:
        db_table = "activity_taken_back"
        indexes = [models.Index(fields=["customer_id"], name="taken_back_of_a_customer")]

    def __str__(self) -> str:
        return str(self.purchase_id)


# What may be done in which state, and the state that it leads to.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "open": {"update": "open", "close": "closed", "cancel": "cancelled"},
    "closed": {"return": "closed", "cancel": "cancelled", "reopen": "open"},
    "cancelled": {"reopen": "open"},
}
