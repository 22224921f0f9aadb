"""The numbers of a file of customers that pages show."""

from __future__ import annotations

from fidelia.intake.kinds import Total
from fidelia.kernel.localized import LocalizedText as Text

TOTALS = (
    Total(
        "added_customers",
        Text(en="New customers", fr="Nouveaux clients"),
        Text(
            en="Customers whom no number, card, e-mail or telephone of the row named before.",
            fr="Clients qu’aucun numéro, carte, e-mail ou téléphone de la ligne ne nommait auparavant.",
        ),
    ),
    Total(
        "changed_customers",
        Text(en="Customers changed", fr="Clients modifiés"),
        Text(
            en="Known customers of whom the file said something new, as far as the choice for the file allows.",
            fr="Clients connus dont le fichier dit quelque chose de nouveau, selon le choix fait pour le fichier.",
        ),
    ),
    Total(
        "consents",
        Text(en="Consents recorded", fr="Accords et refus enregistrés"),
        Text(
            en="A yes with its proof, and every no.",
            fr="Les oui accompagnés de leur preuve, et tous les non.",
        ),
    ),
    Total(
        "unproved_consents",
        Text(en="Consents without proof", fr="Accords sans preuve"),
        Text(
            en="Said by the file and not recorded: nobody is written to because of them.",
            fr="Donnés par le fichier et non enregistrés : personne n’est sollicité à ce titre.",
        ),
    ),
)
