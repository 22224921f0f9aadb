"""What a file may say of the members of a present programme: who they are, their tier, and balances by expiry."""

from __future__ import annotations

from fidelia.customers.operations.imports.target import (
    CONSENT_COLUMNS,
    CONSENT_OPTIONS,
    CONTACT_COLUMNS,
    CUSTOMER_OPTIONS,
    FACT_COLUMNS,
    IDENTITY_COLUMNS,
)
from fidelia.customers.operations.imports.target import REASONS as CUSTOMER_REASONS
from fidelia.intake.kinds import Total
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.kernel.localized import LocalizedText as Text

REFUSE, ADD, LEAVE_OUT, NEVER, BY_RULES = "refuse", "add", "leave_out", "never", "rules"
PAIRS = 6  # balances with an expiry side by side in one row; more of them come as more rows

_BALANCE = Column(
    "balance", Text("Balance", "Solde de points"), Kind.POINTS,
    synonyms=(
        "balance", "points", "solde", "solde points", "points balance", "solde de points", "nb points", "point balance",
        "points approved", "active points", "spendable points", "loyalty points", "balance points", "spendable",
        "cagnotte", "solde cagnotte", "available points", "points disponibles",
    ),
)  # fmt: skip
_EXPIRES = Column(
    "expires_on", Text("Balance expires on", "Solde valable jusqu’au"), Kind.DAY,
    synonyms=(
        "expiry", "expires", "expires on", "expiry date", "expiration", "date d’expiration", "valable jusqu’au",
        "points expire at", "points expiry date", "expiry points", "validité", "validité cagnotte", "points expiry",
        "date de péremption", "échéance", "points expire on", "date expiration points",
    ),
    not_beside=("tier", "level", "statut", "status", "niveau", "palier", "card", "carte", "slab"),
)  # fmt: skip
_EARNED = Column(
    "earned_on",
    Text("Balance earned on", "Points acquis le"),
    Kind.DAY,
    synonyms=("earned on", "earned", "acquis le", "date d’acquisition des points", "points earned on"),
)


def _pair(number: int) -> tuple[Column, Column]:
    return (
        Column(
            f"balance_{number}", Text(f"Balance {number}", f"Solde de points {number}"), Kind.POINTS,
            only_beside=(str(number),), synonyms=(f"balance {number}", f"points {number}", f"solde {number}",
            f"solde points {number}"),
        ),
        Column(
            f"expires_on_{number}", Text(f"Balance {number} expires on", f"Solde {number} valable jusqu’au"), Kind.DAY,
            only_beside=(str(number),), synonyms=(f"expiry {number}", f"expires {number}", f"expiration {number}",
            f"échéance {number}",
                      f"date d’expiration {number}", f"valable jusqu’au {number}"),
        ),
    )  # fmt: skip


MEMBERS = Target(
    "members",
    Text("Members with their balances", "Adhérents et leurs soldes"),
    columns=(
        *IDENTITY_COLUMNS,
        _BALANCE,
        _EXPIRES,
        _EARNED,
        *(column for number in range(2, PAIRS + 1) for column in _pair(number)),
        Column(
            "tier", Text("Tier", "Statut"), Kind.TEXT, length_max=80,
            synonyms=("tier", "statut", "status", "level", "niveau", "palier", "loyalty tier", "segment fidélité",
            "vip tier", "level name", "tier name", "statut carte", "member status",
                      "status tier", "current tier"),
            not_beside=("expiry", "expiration", "date", "end", "until", "fin"),
        ),
        Column(
            "tier_until", Text("Tier held until", "Statut valable jusqu’au"), Kind.DAY,
            synonyms=("tier until", "tier expiry", "tier end", "fin de statut", "statut jusqu’au", "status expiry",
                      "date fin statut", "tier expiration date", "vip tier expiration date", "level until",
                      "fin du niveau", "fin de niveau", "date fin niveau",
                      "level end", "niveau jusqu’au", "tier end date", "tier valid until", "échéance statut",
                      "validité statut"),
        ),
        Column(
            "enrolled_on", Text("Member since", "Adhérent depuis le"), Kind.DAY,
            synonyms=("enrolled on", "enrolled", "member since", "date d’adhésion", "adhésion", "adhérent depuis",
                      "enrolment date", "enrollment date", "join date", "joined", "date adhesion", "inscription",
                      "created at",
                      "registered at", "registration date", "registration", "joined date", "enrolled at",
                      "member from"),
        ),
        *FACT_COLUMNS,
        *CONTACT_COLUMNS,
        *CONSENT_COLUMNS,
    ),
    options=(
        Option(
            "programme", Text("Programme", "Programme"),
            help=Text("By its short name; empty where there is one.", "Par son nom court ; vide s’il est seul."),
        ),
        Option(
            "cut_over", Text("First day in Fidelia", "Premier jour dans Fidelia"), Kind.DAY, required=True,
            help=Text(
                "Balances are those at the beginning of this day.", "Les soldes sont ceux du début de cette journée."
            ),
        ),
        Option(
            "former", Text("Name of the former programme", "Nom du programme précédent"), default="former",
        ),
        Option(
            "existing", Text("Members who have movements here", "Adhérents qui ont déjà des mouvements ici"),
            default=REFUSE,
            choices=(
                (REFUSE, Text("Reject their rows", "Rejeter leurs lignes")),
                (ADD, Text("Add to their balance", "Ajouter à leur solde")),
            ),
        ),
        Option(
            "repeated", Text("Two balances that expire together", "Deux soldes de même échéance"),
            default=REFUSE,
            choices=(
                (REFUSE, Text("Reject the second", "Rejeter le second")), (ADD, Text("Add them up", "Les additionner"))
            ),
        ),
        Option(
            "expired", Text("Balances that had expired before that day", "Soldes échus avant ce jour"), default=REFUSE,
            choices=(
                (REFUSE, Text("Reject their rows", "Rejeter leurs lignes")),
                (LEAVE_OUT, Text("Leave them out and count them", "Les laisser de côté et les compter")),
            ),
        ),
        Option(
            "without_expiry", Text("Balances without an expiry date", "Soldes sans date d’échéance"), default=BY_RULES,
            choices=(
                (BY_RULES, Text("Expire as if earned on that day", "Expirent comme s’ils avaient été acquis ce jour")),
                (NEVER, Text("Never expire", "N’expirent jamais")),
            ),
        ),
        *CUSTOMER_OPTIONS,
        *CONSENT_OPTIONS,
    ),
    one_of=(("external_id", "card", "email", "phone"),),
)  # fmt: skip
REASONS = {
    **CUSTOMER_REASONS,
    "expired_before": Text(
        "{points} points had expired on {day}, before the first day in Fidelia",
        "{points} points étaient échus le {day}, avant le premier jour dans Fidelia",
    ),
    "unknown_points_currency": Text(
        "{programme} does not count in “{text}”", "{programme} ne compte pas en « {text} »"
    ),
    "earned_after": Text(
        "{day} is after the first day in Fidelia", "{day} est après le premier jour dans Fidelia"
    ),
    "unknown_tier": Text("“{text}” is no tier of {programme}", "« {text} » n’est pas un statut de {programme}"),
    "tier_ended": Text("the tier had ended on {day}", "le statut avait pris fin le {day}"),
    "negative_not_allowed": Text(
        "a balance of {points} is below zero, which {programme} does not allow",
        "un solde de {points} est négatif, ce que {programme} n’autorise pas",
    ),
    "has_movements": Text(
        "the member already has movements here", "l’adhérent a déjà des mouvements ici"
    ),
    "two_balances": Text(
        "another row of the member has a balance that expires on the same day",
        "une autre ligne de l’adhérent porte un solde de même échéance",
    ),
    "two_tiers": Text(
        "another row says another tier of the member", "une autre ligne donne un autre statut à l’adhérent"
    ),
}  # fmt: skip
TOTALS = (
    Total(
        "file_points", Text("Points in the file", "Points du fichier"),
        Text("The sum of all balances that can be read.", "La somme de tous les soldes lisibles."), "points", "file",
    ),
    Total(
        "posted_points", Text("Points posted", "Points inscrits"),
        Text("What the ledger took up, to the point.", "Ce que le grand livre a repris, au point près."),
        "points", "recorded",
    ),
    Total(
        "known_points", Text("Points known before", "Points déjà connus"),
        Text("Of rows that an earlier import posted.", "Des lignes qu’un import précédent a inscrites."),
        "points", "known",
    ),
    Total(
        "double_points", Text("Points of repeated rows", "Points des lignes répétées"),
        Text("Of rows that repeat another row of the file.", "Des lignes qui en répètent une autre du fichier."),
        "points", "double",
    ),
    Total(
        "rejected_points", Text("Points rejected or left out", "Points rejetés ou laissés de côté"),
        Text("Of rejected rows, and balances that had expired.", "Des lignes rejetées, et des soldes échus."),
        "points", "rejected",
    ),
    Total(
        "unread_balances", Text("Balances that cannot be read", "Soldes illisibles"),
        Text("In no sum; their rows are rejected.", "Dans aucune somme ; leurs lignes sont rejetées."),
    ),
    Total(
        "enrolled_members", Text("New members", "Nouveaux adhérents"),
        Text("Customers who became members by this file.", "Clients devenus adhérents par ce fichier."),
    ),
    Total(
        "granted_tiers", Text("Tiers brought along", "Statuts repris"),
        Text("Held to their own end; then the rules decide.", "Gardés jusqu’à leur fin ; puis les règles décident."),
    ),
    Total(
        "unproved_consents", Text("Consents without proof", "Consentements sans preuve"),
        Text("Said by the file and not recorded.", "Donnés par le fichier et non enregistrés."),
    ),
)  # fmt: skip
