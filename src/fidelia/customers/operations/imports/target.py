"""What a file may say of customers: its columns with the names that retailers give them, and its options."""

from __future__ import annotations

from fidelia.intake.staged import REASONS as STAGED_REASONS
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.kernel.localized import LocalizedText as Text

from ...models import TraitType
from ...queries.custom_fields import key_of, list_custom_fields

KEEP, FILL, OVERWRITE = "keep", "fill", "overwrite"
NO_CONSENTS, CONSENTS_OF_FILE = "none", "file"

IDENTITY_COLUMNS = (
    Column(
        "external_id", Text("Customer number", "Numéro de client"), Kind.CODE, personal=True, length_max=320,
        synonyms=(
            "customer id", "customer", "client", "id client", "n° client", "numéro client", "code client",
            "client id",
            "customer number", "customer code", "external id", "id", "household key", "member id", "id adhérent",
            "n° adhérent", "numéro d’adhérent", "ref client", "contact id", "crm id", "record id", "contact code",
            "partner id", "user id", "member number", "member code", "member", "klaviyo id",
            "code", "user",
            "kundennummer", "kunden nr", "kundennr", "código cliente", "número de cliente", "id cliente",
            "codice cliente", "klantnummer", "nº cliente",
            "code tiers", "tiers", "compte client", "contact",
        ),
        not_beside=("rating", "status", "since", "type", "name", "group", "owner", "level", "source", "segment"),
    ),
    Column(
        "card", Text("Card number", "Numéro de carte"), Kind.CODE, personal=True, length_max=320,
        synonyms=(
            "card", "carte", "card number", "card no", "n° carte", "numéro de carte", "carte fidélité",
            "loyalty card",
            "num carte", "carte de fidélité", "loyalty number", "code carte", "barcode",
            "ean", "code-barres", "code barre",
            "loyalty card number", "card code", "member card", "kartennummer", "kundenkarte", "número de tarjeta",
            "tarjeta", "numero carta", "carta fedeltà",
            "kaartnummer",
        ),
    ),
)  # fmt: skip
CONTACT_COLUMNS = (
    Column(
        "email", Text("E-mail", "E-mail"), Kind.EMAIL, personal=True, length_max=254,
        synonyms=("email", "e-mail", "mail", "courriel", "adresse e-mail", "email address", "adresse mail",
            "correo electrónico", "correo", "e-mail adresse", "indirizzo email", "e-mailadres",
        ),
    ),
    Column(
        "phone", Text("Telephone", "Téléphone"), Kind.PHONE, personal=True, length_max=40,
        synonyms=(
            "phone", "téléphone", "tel", "mobile", "portable", "gsm", "phone number", "téléphone mobile", "tél.",
            "telephone", "tel mobile", "cell",
            "móvil", "teléfono", "telefon", "handy", "handynummer", "mobiltelefon", "cellulare", "telefono",
            "telefoon", "sms", "mobile phone", "phone 1",
        ),
    ),
    Column(
        "address", Text("Street and number", "Rue et numéro"), Kind.TEXT, personal=True, length_max=200,
        synonyms=("address", "adresse", "street", "rue", "street address", "mailing street", "address number",
        "adr1", "address line 1", "adresse 1", "voie", "address 1",
            "straße", "strasse", "anschrift", "dirección", "calle", "indirizzo", "via", "straat",
        ),
        not_beside=("label", "type", "email", "mail", "ip"),
    ),
    Column(
        "address_more", Text("Address, second line", "Complément d’adresse"), Kind.TEXT, personal=True, length_max=200,
        synonyms=("address line 2", "adresse 2", "complément", "complément d’adresse", "address 2", "adresse2",
        "adr2", "street 2", "street2", "street address 2"),
    ),
)  # fmt: skip
FACT_COLUMNS = (
    Column(
        "title", Text("Title", "Civilité"), Kind.TEXT, personal=True, length_max=20,
        synonyms=("salutation", "civilité", "title", "civilite", "civ",
            "anrede", "tratamiento", "titolo", "aanhef",
        ),
    ),
    Column(
        "given_name", Text("Given name", "Prénom"), Kind.TEXT, personal=True, length_max=150,
        synonyms=("first name", "prénom", "firstname", "given name", "prenom client", "forename",
            "vorname", "nombre", "nome", "voornaam",
        ),
    ),
    Column(
        "family_name", Text("Family name", "Nom"), Kind.TEXT, personal=True, length_max=150,
        synonyms=("last name", "nom", "surname", "lastname", "family name", "nom de famille", "nom client", "name",
            "nachname", "familienname", "apellidos", "apellido", "cognome", "achternaam",
            "customer name", "full name", "nom complet",
        ),
    ),
    Column(
        "company_name", Text("Company", "Raison sociale"), Kind.TEXT, personal=True, length_max=200,
        synonyms=("company", "société", "raison sociale", "entreprise", "company name", "organisation", "firma",
                  "empresa", "organization name", "nom de la société", "nom entreprise", "organization", "unternehmen"),
    ),
    Column(
        "registration", Text("Company registration", "SIREN ou SIRET"), Kind.CODE, personal=True, length_max=40,
        synonyms=("siren", "siret", "registration", "registration number", "company number", "n° siret", "n° siren",
                  "numéro siret", "numéro siren", "handelsregister", "kvk", "cif", "company registration number"),
    ),
    Column(
        "vat_number", Text("VAT number", "N° de TVA"), Kind.CODE, personal=True, length_max=40,
        synonyms=("vat number", "n° tva", "vat", "vat id", "tva intracommunautaire", "n° tva intracommunautaire",
                  "numéro de tva", "ust-idnr", "umsatzsteuer id", "partita iva", "nif", "vat no", "tva intra",
                  "tax id", "tax vat number"),
        not_beside=("rate", "taux", "amount", "montant"),
    ),
    Column(
        "role", Text("Position in the company", "Fonction dans l’entreprise"), Kind.TEXT, personal=True, length_max=100,
        synonyms=("role", "fonction", "position", "job title", "poste", "fonction du contact", "contact role", "job",
                  "rôle", "funktion", "cargo"),
    ),
    Column(
        "birth_on", Text("Date of birth", "Date de naissance"), Kind.DAY, personal=True, past=True,
        synonyms=("birth date", "date of birth", "dob", "birthday", "date de naissance", "naissance", "né le", "ddn",
            "né e le", "née le", "birth", "birth day", "dt naiss", "geboren am", "nato il",
            "geburtsdatum", "geburtstag", "fecha de nacimiento", "data di nascita", "geboortedatum",
        ),
    ),
    Column(
        "language", Text("Language", "Langue"), Kind.LANGUAGE, synonyms=("language", "langue", "lang", "locale",
            "sprache", "idioma", "lingua", "taal",
        ),
    ),
    Column(
        "country", Text("Country", "Pays"), Kind.COUNTRY,
        synonyms=("country", "pays", "country code", "code pays", "nation",
            "land", "país", "paese", "nazione",
        ),
    ),
    Column(
        "postal_code", Text("Postal code", "Code postal"), Kind.CODE, personal=True, length_max=20,
        synonyms=("postal code", "code postal", "cp", "zip", "zip code", "postcode",
            "plz", "postleitzahl", "código postal", "cap", "codice postale",
        ),
    ),
    Column(
        "town", Text("Town", "Ville"), Kind.TEXT, personal=True, length_max=150,
        synonyms=("town", "city", "ville", "commune", "localité",
            "ort", "stadt", "wohnort", "población", "ciudad", "localidad", "città", "comune", "plaats", "woonplaats",
        ),
    ),
)  # fmt: skip
ACQUISITION_COLUMNS = (
    Column(
        "source", Text("Source", "Origine"), Kind.TEXT, length_max=40,
        synonyms=("source", "origine", "acquisition source", "channel of acquisition", "canal d’acquisition",
                  "canal de recrutement", "acquisition channel", "provenance",
            "herkunft", "origen", "origine cliente",
        ),
        help=Text("How the customer was won: shop, web…", "Comment le client a été gagné : magasin, web…"),
    ),
    Column(
        "acquired_on", Text("Customer since", "Client depuis le"), Kind.DAY,
        synonyms=("acquired on", "created", "created at", "date de création", "customer since", "client depuis",
                  "date d’inscription", "registration date", "date création", "signup date", "creation date",
            "kunde seit", "fecha de alta", "cliente desde", "data registrazione", "anlagedatum", "klant sinds",
            "profile created on", "date joined", "joined", "date creat", "dt customer", "created date",
            "create date", "registration day",
            "first issue date", "user registered", "registered", "registration", "added time", "first visit",
            "première visite",
            "date added", "date d’ajout",
        ),
    ),
    Column(
        "acquisition_cost", Text("Cost of acquisition", "Coût d’acquisition"), Kind.MONEY,
        synonyms=("acquisition cost", "coût d’acquisition", "cac", "cost of acquisition", "coût de recrutement"),
    ),
)  # fmt: skip
_CONSENT_NAMES = {
    "email": (Text("Consent to e-mail", "Accord e-mail"), ("optin email", "email optin", "opt-in email", "accord email",
              "newsletter", "receive marketing emails", "marketing emails", "double opt-in", "email marketing consent",
              "consent email", "email consent", "optin mail", "optin", "news",
              "accepts email marketing", "accepts marketing", "email marketing", "lettre d’information",
              "email subscription status", "email marketing status")),
    "sms": (Text("Consent to text messages", "Accord SMS"), ("optin sms", "sms optin", "opt-in sms", "accord sms",
            "consent sms", "sms marketing consent", "sms consent", "accepts sms marketing", "sms marketing")),
    "phone": (Text("Consent to calls", "Accord téléphone"), ("optin phone", "phone optin", "accord téléphone",
              "optin téléphone", "opt-in phone")),
    "post": (Text("Consent to letters", "Accord courrier"), ("optin post", "post optin", "accord courrier",
             "optin courrier", "opt-in courrier", "mail consent", "optin postal")),
}  # fmt: skip
CONSENT_CHANNELS = tuple(_CONSENT_NAMES)
CONSENT_COLUMNS = (
    *(
        Column(f"consent_{channel}", label, Kind.FLAG, synonyms=synonyms, sensitive=True)
        for channel, (label, synonyms) in _CONSENT_NAMES.items()
    ),
    Column(
        "consent_on", Text("Consent given on", "Accord donné le"), Kind.DAY, sensitive=True,
        synonyms=("consent date", "email marketing consent timestamp", "optin date", "date optin", "date d’accord",
        "date opt-in", "date consentement",
                  "optin time"),
    ),
    Column(
        "consent_source", Text("Consent given where", "Accord donné où"), Kind.TEXT, sensitive=True, length_max=120,
        synonyms=("consent source", "optin source", "source optin", "source consentement", "origine optin"),
    ),
    Column(
        "consent_text", Text("Version of the text agreed to", "Version du texte accepté"), Kind.TEXT, sensitive=True,
        length_max=120, synonyms=("consent text", "consent version", "version consentement", "texte optin"),
    ),
)  # fmt: skip
CONSENT_OPTIONS = (
    Option(
        "consents", Text("Consents", "Consentements"), default=NO_CONSENTS,
        choices=(
            (NO_CONSENTS, Text("Record none", "N’en enregistrer aucun")),
            (CONSENTS_OF_FILE, Text("Those that the file proves", "Ceux dont le fichier apporte la preuve")),
        ),
        help=Text(
            "A yes counts only with its date, where it was given and the text agreed to; a no always counts.",
            "Un oui ne compte qu’avec sa date, le lieu où il a été donné et le texte accepté ; un non compte toujours.",
        ),
    ),
    Option("consent_source", Text("Where consents were given", "Où les accords ont été donnés")),
    Option("consent_text", Text("Text agreed to, with its version", "Texte accepté, avec sa version")),
    Option("consent_on", Text("Day on which consents were given", "Jour où les accords ont été donnés"), Kind.DAY),
)  # fmt: skip
CUSTOMER_OPTIONS = (
    Option(
        "known_customers", Text("Customers that are known", "Clients déjà connus"), default=FILL,
        choices=(
            (KEEP, Text("Leave as they are", "Les laisser tels quels")),
            (FILL, Text("Fill in what is unknown", "Compléter ce qui est inconnu")),
            (OVERWRITE, Text("Replace by what the file says", "Remplacer par ce que dit le fichier")),
        ),
    ),
    Option(
        "external_scheme", Text("Name of the customer number", "Nom du numéro de client"), default="external",
        help=Text(
            "In lower case, such as external or external.cegid: numbers of two systems stay apart.",
            "En minuscules, comme external ou external.cegid : les numéros de deux systèmes restent distincts.",
        ),
    ),
    Option(
        "language", Text("Language of those without one", "Langue de ceux qui n’en ont pas"), Kind.LANGUAGE,
        default="fr", choices=(("fr", Text("French", "Français")), ("en", Text("English", "Anglais"))),
    ),
    Option("country", Text("Country of those without one", "Pays de ceux qui n’en ont pas"), Kind.COUNTRY, default=""),
)  # fmt: skip
CUSTOMERS = Target(
    "customers",
    Text("Customers", "Clients"),
    columns=(*IDENTITY_COLUMNS, *FACT_COLUMNS, *CONTACT_COLUMNS, *ACQUISITION_COLUMNS, *CONSENT_COLUMNS),
    options=(
        *CUSTOMER_OPTIONS,
        Option("source", Text("Source of those without one", "Origine de ceux qui n’en ont pas"), default="import"),
        Option(
            "currency", Text("Currency of the costs", "Devise des coûts"), default="EUR",
            help=Text("As a code: EUR, GBP, CHF…", "Par son code : EUR, GBP, CHF…"),
        ),
        *CONSENT_OPTIONS,
    ),
    one_of=(("external_id", "card", "email", "phone"),),
)  # fmt: skip
REASONS = {
    **STAGED_REASONS,
    "no_identity": Text(
        "the row names nobody: no customer number, card, e-mail or telephone",
        "la ligne ne nomme personne : ni numéro de client, ni carte, ni e-mail, ni téléphone",
    ),
    "two_customers": Text(
        "the row names two customers who are known apart ({schemes})",
        "la ligne nomme deux clients connus séparément ({schemes})",
    ),
    "not_an_identity": Text("“{text}” cannot name a customer", "« {text} » ne peut pas nommer un client"),
    "not_born": Text("nobody among customers was born on {text}", "aucun client n’est né le {text}"),
    "not_whole": Text(
        "{column}: “{text}” is not a whole number", "{column} : « {text} » n’est pas un nombre entier"
    ),
    "not_a_choice": Text(
        "{column}: “{text}” is none of the choices of the field",
        "{column} : « {text} » n’est pas un des choix du champ",
    ),
    "not_of_field": Text(
        "{column}: the field cannot hold “{text}”", "{column} : le champ ne peut pas contenir « {text} »"
    ),
    "not_a_registration": Text(
        "“{text}” is no SIREN or SIRET: its digits do not add up",
        "« {text} » n’est ni un SIREN ni un SIRET : la clé est fausse",
    ),
    "not_a_vat": Text("“{text}” is not a VAT number", "« {text} » n’est pas un numéro de TVA"),
    "nameless": Text("a company has a name", "une entreprise a un nom"),
}  # fmt: skip
_KINDS = {
    TraitType.TEXT: Kind.TEXT, TraitType.NUMBER: Kind.NUMBER, TraitType.FLAG: Kind.FLAG, TraitType.DAY: Kind.DAY,
}  # fmt: skip


def custom_columns() -> tuple[Column, ...]:
    """Return a column for each custom field that the house keeps; its names and its key are what files call it."""
    return tuple(
        Column(
            field.name, field.label, _KINDS[TraitType(field.type)], personal=True,
            synonyms=(field.label.en, field.label.fr, key_of(field).replace("_", " ")), choices=tuple(field.choices),
        )
        for field in list_custom_fields()
    )  # fmt: skip
