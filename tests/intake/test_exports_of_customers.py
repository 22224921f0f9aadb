"""Customers as tills, web shops and mailing programs export them: each column by the name that the program gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.customers.operations.imports import CUSTOMERS_KIND

from .test_exports_of_programs import understood, wanted_of

# The name of each column, what its cells hold in row n, and what it is (empty: left out).
PROGRAMS = {
    "PrestaShop": """
        ID|{n}|external_id
        Title|1|
        Last name|DUPONT{n}|family_name
        First Name|Jean|given_name
        Email address|j{n}@example.org|email
        Age|43|
        Enabled|1|
        News.|1|consent_email
        Opt.|0|
        Registration|2013-07-{d:02} 15:20:02|acquired_on
        Last visit|2025-03-{d:02} 15:18:50|""",
    "Shopify": """
        Customer ID|'56{n}|external_id
        First Name|Jean|given_name
        Last Name|Dupont{n}|family_name
        Email|j{n}@example.org|email
        Accepts Email Marketing|yes|consent_email
        Default Address Company||
        Default Address Address1|1 rue de Lyon|address
        Default Address Address2||
        Default Address City|Lyon|town
        Default Address Province Code||
        Default Address Country Code|FR|country
        Default Address Zip|69001|postal_code
        Default Address Phone|+33612345{n:03}|
        Phone|+33612345{n:03}|phone
        Accepts SMS Marketing|no|consent_sms
        Total Spent|12.50|
        Total Orders|2|
        Note||
        Tax Exempt|no|
        Tags||""",
    "WooCommerce": """
        ID|{n}|
        customer_id|{n}|external_id
        user_login|jean{n}|
        user_email|j{n}@example.org|email
        user_registered|2024-01-{d:02} 10:00:00|acquired_on
        display_name|Jean D|
        first_name|Jean|given_name
        last_name|Dupont{n}|family_name
        roles|customer|role
        billing_first_name|Jean|
        billing_company||company_name
        billing_address_1|1 rue de Lyon|address
        billing_address_2||address_more
        billing_city|Lyon|town
        billing_postcode|69001|postal_code
        billing_country|FR|country
        billing_phone|0612345{n:03}|phone""",
    "Loyverse": """
        Customer ID|a{n}b|external_id
        Customer name|Jean Dupont{n}|family_name
        Email|j{n}@example.org|email
        Phone|0612345{n:03}|phone
        Address|1 rue de Lyon|address
        City|Lyon|town
        Province||
        Postal code|69001|postal_code
        Country|FR|country
        Customer code|29100{n:03}|
        Points balance|120|
        Note||
        First visit|2024-01-{d:02}|acquired_on
        Last visit|2025-03-{d:02}|
        Total visits|4|
        Total spent|140.00|""",
    "Lightspeed X": """
        customer_code|C-{n}|external_id
        first_name|Jean|given_name
        last_name|Dupont{n}|family_name
        company_name||company_name
        email|j{n}@example.org|email
        phone|0612345{n:03}|phone
        mobile||
        physical_address_1|1 rue de Lyon|address
        physical_address_2||address_more
        physical_city|Lyon|town
        physical_postcode|69001|postal_code
        physical_country|FR|country
        date_of_birth|1980-02-{d:02}|birth_on
        gender|M|
        loyalty_balance|12.00|
        enable_loyalty|1|
        do_not_email|0|
        customer_group_name|All Customers|""",
    "Hiboutik": """
        Nom|Dupont{n}|family_name
        Prénom|Jean|given_name
        Email|j{n}@example.org|email
        Civilité|1|
        Société||company_name
        Adresse|1 rue de Lyon|address
        Code postal|69001|postal_code
        Ville|Lyon|town
        Pays|FRA|country
        Téléphone|0612345{n:03}|phone
        Date de naissance|1980-02-{d:02}|birth_on
        Commentaires||
        Points de fidélité|120|
        EAN|29100{n:03}|card""",
    "Cegid tables": """
        T_TIERS|C00{n}|external_id
        T_JURIDIQUE|MME|
        T_LIBELLE|DUPONT{n}|
        T_PRENOM|Jeanne|given_name
        T_ADRESSE1|1 rue de Lyon|address
        T_ADRESSE2||address_more
        T_CODEPOSTAL|69001|postal_code
        T_VILLE|LYON|town
        T_PAYS|FRA|country
        T_TELEPHONE||phone
        T_TELEX|0612345{n:03}|
        T_EMAIL|j{n}@example.org|email
        T_JOURNAISSANCE|12|
        T_CREEPAR|C1|
        T_DATECREATION|{d:02}/01/2020|acquired_on""",
    "Square": """
        Reference ID||
        First Name|Jean|given_name
        Surname|Dupont{n}|family_name
        Email Address|j{n}@example.org|email
        Phone Number|+33612345{n:03}|phone
        Nickname||
        Company Name||company_name
        Street Address 1|1 rue de Lyon|address
        Street Address 2||address_more
        City|Lyon|town
        Postal Code|69001|postal_code
        Birthday|1980-02-{d:02}|birth_on
        Memo||
        Square Customer ID|ABC{n}DEF|external_id
        Creation Source|Loyalty|source
        First Visit|2024-01-{d:02}|acquired_on
        Last Visit|2025-03-{d:02}|
        Transaction Count|4|
        Lifetime Spend|€120.00|
        Email Subscription Status|subscribed|consent_email""",
    "Brevo": """
        CONTACT ID|{n}|external_id
        EMAIL|j{n}@example.org|email
        NOM|Dupont{n}|family_name
        PRENOM|Jean|given_name
        SMS|+33612345{n:03}|phone
        DATE_NAISSANCE|12-02-1980|birth_on
        OPT_IN|1|consent_email
        ADDED_TIME|{d:02}-01-2024 10:00:00|acquired_on
        MODIFIED_TIME|{d:02}-03-2025 10:00:00|""",
    "Mailchimp": """
        Email Address|j{n}@example.org|email
        First Name|Jean|given_name
        Last Name|Dupont{n}|family_name
        Address|1 rue de Lyon|address
        Phone Number|0612345{n:03}|phone
        Birthday|02/{d:02}|
        MEMBER_RATING|2|
        OPTIN_TIME|2024-01-{d:02} 10:00:00|consent_on
        OPTIN_IP|1.2.3.4|
        CONFIRM_TIME|2024-01-{d:02} 10:00:00|
        LAST_CHANGED|2025-03-{d:02} 10:00:00|
        LEID|445{n}|
        EUID|ab{n}|
        TAGS||""",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_columns_of_customers_of_a_program_are_proposed(tmp_path: Path, program: str) -> None:
    assert understood(tmp_path, PROGRAMS[program], CUSTOMERS_KIND.target) == (wanted_of(PROGRAMS[program]), {})
