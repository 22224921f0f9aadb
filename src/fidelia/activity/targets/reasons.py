"""How large a purchase of a file may be, and why a row of it is not taken."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text

LINES_MAX = 1_000  # of one purchase
TEXT_MAX = {"receipt": 80, "product": 64, "customer": 120, "store": 60, "category": 300, "original": 80}
DESCRIPTION_MAX = 200

REASONS = {
    "no_date": Text(en="the date is missing", fr="la date manque"),
    "future": Text(en="the date is in the future", fr="la date est dans le futur"),
    "too_early": Text(en="the date is before 1900", fr="la date est antérieure à 1900"),
    "no_quantity": Text(en="the quantity is missing", fr="la quantité manque"),
    "zero_quantity": Text(en="the quantity is zero", fr="la quantité est nulle"),
    "no_amount": Text(en="the amount is missing", fr="le montant manque"),
    "total": Text(
        en="The row sums others up: it is no purchase, and its amount is not counted.",
        fr="La ligne totalise les autres : ce n’est pas un achat, et son montant n’est pas compté.",
    ),
    "header_again": Text(en="The row repeats the header.", fr="La ligne répète l’en-tête."),
    "kind_unknown": Text(en="“{text}” is neither a sale nor a return", fr="« {text} » n’est ni une vente ni un retour"),
    "no_line": Text(
        en="“{text}”: the row is no line of a receipt, and its amount is not counted.",
        fr="« {text} » : la ligne n’est pas celle d’un ticket, et son montant n’est pas compté.",
    ),
    "not_sold": Text(en="“{text}”: nothing was sold", fr="« {text} » : rien n’a été vendu"),
    "no_receipt": Text(en="the receipt number is missing", fr="le numéro de ticket manque"),
    "identity": Text(
        en="An identity is one line of at most 320 characters.",
        fr="Une identité est une ligne de 320 caractères au plus.",
    ),
    "two_customers": Text(en="The receipt names two customers.", fr="Le ticket nomme deux clients."),
    "incomplete": Text(
        en="Another row of the receipt came back.", fr="Une autre ligne du ticket est rejetée : il l’est en entier."
    ),
    "large_receipt": Text(
        en=f"The receipt has more than {LINES_MAX} lines or too large an amount.",
        fr=f"Le ticket a plus de {LINES_MAX} lignes ou un montant trop grand.",
    ),
    "other_lines": Text(
        en="The receipt is recorded already, and without this row: a receipt comes whole, in one file.",
        fr="Le ticket est déjà enregistré, sans cette ligne : un ticket vient entier, dans un seul fichier.",
    ),
    **{
        f"long_{name}": Text(
            en=f"the {name} is longer than {most} characters", fr=f"{french} : plus de {most} caractères"
        )
        for (name, most), french in zip(
            TEXT_MAX.items(),
            ("numéro de ticket", "code article", "client", "magasin", "famille", "ticket d’origine"),
            strict=True,
        )
    },
}
