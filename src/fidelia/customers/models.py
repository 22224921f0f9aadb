"""Tables of the customer file. Nothing known of a customer is overwritten without its former value, source and date."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField


class Kind(models.TextChoices):
    PERSON = "person"
    COMPANY = "company"


class Customer(models.Model):
    """A person or a company. `source` and `acquired_at` date its first facts; each later change is a FactChange.

    `search_key` holds the words of its names without accents, `sort_key` orders lists; both are made in Python
    by `kernel.folding`, because PostgreSQL folds accents only by an extension.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.PERSON)
    title = models.CharField(max_length=20, blank=True, default="")
    given_name = models.CharField(max_length=150, blank=True, default="")
    family_name = models.CharField(max_length=150, blank=True, default="")
    company_name = models.CharField(max_length=200, blank=True, default="")
    registration_number = models.CharField(max_length=40, blank=True, default="")
    vat_number = models.CharField(max_length=40, blank=True, default="")
    role = models.CharField(max_length=100, blank=True, default="")  # what a person does in the company
    birth_on = models.DateField(null=True)
    language = models.CharField(max_length=2, default="fr")
    country = models.CharField(max_length=2, blank=True, default="")
    town = models.CharField(max_length=150, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    source = models.CharField(max_length=40)
    acquired_at = models.DateTimeField()
    partner_id = models.UUIDField(null=True)
    home_store_id = models.UUIDField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    merged_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    search_key = models.TextField(blank=True, default="")
    sort_key = models.CharField(max_length=320, blank=True, default="", db_collation="C")
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="a customer is a person or a company"),
            models.CheckConstraint(
                condition=Q(language__in=["fr", "en"]), name="a customer is written to in French or English"
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="a country is two letters or unknown"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="a customer is never merged into itself",
            ),
        ]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="customers_in_order_of_name"),
            models.Index(fields=["updated_at", "id"], name="customers_in_order_of_change"),
            models.Index(fields=["partner_id", "sort_key", "id"], name="customers_of_a_partner"),
            models.Index(fields=["home_store_id", "sort_key", "id"], name="customers_of_a_store"),
            models.Index(fields=["acquired_at", "id"], name="customers_in_order_of_coming"),
            models.Index(fields=["sort_key", "id"], name="companies_in_order_of_name", condition=Q(kind="company")),
            models.Index(
                fields=["registration_number"], name="customers_by_registration", condition=~Q(registration_number="")
            ),
            # Who may be the same person is looked for among those born on one day.
            models.Index(
                fields=["birth_on"],
                name="customers_by_birthday",
                condition=Q(birth_on__isnull=False, merged_into__isnull=True),
            ),
            models.Index(fields=["vat_number"], name="customers_by_vat_number", condition=~Q(vat_number="")),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name a colleague would say; empty for a customer known by identity alone."""
        if self.kind == Kind.COMPANY:
            return self.company_name
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None


class Acquisition(models.Model):
    """What it cost to win a customer, in minor units of a currency; by what and when is on the customer."""

    customer = models.OneToOneField(Customer, models.PROTECT, primary_key=True, related_name="acquisition")
    cost = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(cost__gte=0), name="to win a customer never pays")]

    def __str__(self) -> str:
        return str(self.customer_id)


class ImportedCustomer(models.Model):
    """A customer that an import added: what taking the import back would erase."""

    customer = models.OneToOneField(Customer, models.PROTECT, primary_key=True, related_name="imported")
    import_id = models.UUIDField()

    class Meta:
        db_table = "customers_imported"
        indexes = [models.Index(fields=["import_id"], name="customers_of_an_import")]

    def __str__(self) -> str:
        return str(self.customer_id)


class FactChange(models.Model):
    """One fact of a customer that changed: from what, to what, when in the world, and where we have it from."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="fact_changes", db_index=False)
    fact = models.CharField(max_length=40)
    former = models.TextField(blank=True)
    value = models.TextField(blank=True)
    source = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "customers_fact_change"
        indexes = [models.Index(fields=["customer", "occurred_at"], name="changes_of_a_customer")]


class Identity(models.Model):
    """What names one customer at a time: a card number, an e-mail used to log in, the key of another system."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="identities")
    scheme = models.CharField(max_length=40)
    value = models.CharField(max_length=320)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    partner_id = models.UUIDField(null=True)
    source = models.CharField(max_length=40, blank=True, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "customers_identity"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "value"],
                condition=Q(until__isnull=True),
                name="an identity names one customer at a time",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="an identity ends after it began"
            ),
        ]
        indexes = [models.Index(fields=["value"], name="identities_by_value")]


class ContactChannel(models.TextChoices):
    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


class ContactStatus(models.TextChoices):
    ACTIVE = "active"
    BOUNCED = "bounced"
    RETIRED = "retired"


class ContactPoint(models.Model):
    """Where a customer is reached. Not an identity: a couple may share an address."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contact_points")
    channel = models.CharField(max_length=5, choices=ContactChannel.choices)
    value = models.CharField(max_length=500)
    status = models.CharField(max_length=7, choices=ContactStatus.choices, default=ContactStatus.ACTIVE)
    verified_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40, blank=True, default="")
    since = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "customers_contact_point"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "value"], name="a contact point is kept once per customer"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=ContactChannel.values), name="a contact point is e-mail, phone or post"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ContactStatus.values), name="a contact point is active, bounced or retired"
            ),
        ]
        indexes = [models.Index(fields=["channel", "value"], name="contact_points_by_value")]


class Consent(models.Model):
    """Consent given or withdrawn. Append-only by privilege: the last word by `occurred_at` holds, and all are proof."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    given = models.BooleanField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    proof = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=["marketing", "profiling", "open_tracking", "tracking", "service"]),
                name="a consent is to a purpose that Fidelia knows",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["email", "sms", "phone", "post", "push", "web", "any"]),
                name="a consent is to one channel or to any",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "purpose", "occurred_at"], name="consents_of_a_customer"),
        ]


class TraitType(models.TextChoices):
    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    DAY = "day"


class TraitDefinition(models.Model):
    """A trait that rules may read as `trait.<name>`: its type, its label for people, its unit.

    One whose name begins with `custom.` is a *custom field*: a fact that a house keeps of its customers, which people
    and files fill in; rules read it by that name. `choices`, where there are some, are the texts that it may be; one
    that is retired is offered nowhere any more, and its values stay.
    """

    name = models.CharField(max_length=40, primary_key=True)
    type = models.CharField(max_length=6, choices=TraitType.choices)
    label = LocalizedTextField()
    unit = models.CharField(max_length=20, blank=True, default="")
    choices = models.JSONField(default=list)
    retired_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "customers_trait_definition"
        constraints = [
            models.CheckConstraint(
                condition=Q(name__regex=r"^(custom\.)?[a-z][a-z0-9_]*$"),
                name="a trait is named in lower case, as rules write it",
            ),
            models.CheckConstraint(
                condition=Q(type__in=TraitType.values), name="a trait is a number, a text, a flag or a day"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Trait(models.Model):
    """What was known of a customer from `valid_from` to before `valid_until`; a new value closes the former.

    The application may close a period (`valid_until`, `updated_at`) and, for an erasure, delete; it cannot rewrite.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="traits", db_index=False)
    name = models.CharField(max_length=40)
    number = models.BigIntegerField(null=True)
    text = models.CharField(max_length=200, null=True)  # null: the value is of another type
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "name"],
                condition=Q(valid_until__isnull=True),
                name="a customer has one open value of a trait",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="a trait ends after it began",
            ),
            models.CheckConstraint(
                condition=(
                    Q(number__isnull=False, text__isnull=True, flag__isnull=True, day__isnull=True)
                    | Q(number__isnull=True, text__isnull=False, flag__isnull=True, day__isnull=True)
                    | Q(number__isnull=True, text__isnull=True, flag__isnull=False, day__isnull=True)
                    | Q(number__isnull=True, text__isnull=True, flag__isnull=True, day__isnull=False)
                ),
                name="a trait has exactly one value",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "name", "valid_from"], name="traits_of_a_customer"),
            models.Index(fields=["updated_at"], name="traits_in_order_of_change"),
            # Segments: what holds at a moment is what is open, and the few that ended since.
            models.Index(fields=["valid_until"], name="closed_traits_by_end", condition=Q(valid_until__isnull=False)),
            # Lists of customers in order of a trait.
            models.Index(
                fields=["name", "number", "customer"],
                name="open_traits_by_number",
                condition=Q(valid_until__isnull=True, number__isnull=False),
            ),
            models.Index(
                fields=["name", "day", "customer"],
                name="open_traits_by_day",
                condition=Q(valid_until__isnull=True, day__isnull=False),
            ),
            # Lists of customers narrowed to those of one text.
            models.Index(
                fields=["name", "text", "customer"],
                name="open_traits_by_text",
                condition=Q(valid_until__isnull=True, text__isnull=False),
            ),
        ]


class SegmentState(models.TextChoices):
    ACTIVE = "active"
    ARCHIVED = "archived"


class Segment(models.Model):
    """A condition over customers, in the rule language, and how many met it when it was last refreshed.

    A fixed segment follows no condition any more: it holds those who met it when it was made.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.SlugField(max_length=60, unique=True)
    name = LocalizedTextField()
    condition = models.TextField()
    state = models.CharField(max_length=8, choices=SegmentState.choices, default=SegmentState.ACTIVE)
    is_fixed = models.BooleanField(default=False)
    member_count = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    overlaps = models.JSONField(null=True)  # id of another segment: how many were in both at `refreshed_at`
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SegmentState.values), name="a segment is active or archived"),
        ]

    def __str__(self) -> str:
        return self.key


class SegmentMembership(models.Model):
    """A customer in a segment from `valid_from` to before `valid_until`."""

    segment = models.ForeignKey(Segment, models.PROTECT, related_name="memberships", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="segment_memberships", db_index=False)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "customers_segment_membership"
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "customer"],
                condition=Q(valid_until__isnull=True),
                name="a customer is in a segment once at a time",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="a membership ends after it began",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "segment", "valid_from"], name="segments_of_a_customer"),
            models.Index(fields=["segment", "valid_from", "valid_until"], name="sizes_of_a_segment"),
        ]
