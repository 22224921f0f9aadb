"""The law of promotions as rows of each country; France as it is read today, to be looked at by the shop's own counsel."""

import fidelia.kernel.ids
from django.db import migrations, models


CEILING_SOURCE = (
    "Loi n° 2020-1525 du 7 décembre 2020 (ASAP), article 125, modifié par la loi n° 2023-221 du 30 mars 2023 : les "
    "avantages promotionnels, immédiats ou différés (points et cagnotte compris), cumulés, ne dépassent pas 34 % du prix "
    "de vente au consommateur (ni 25 % du volume) ; pour tous les produits de grande consommation depuis le 1er mars 2024. "
    "Le terme connu est le 15 avril 2026 : vérifiez s’il a été prolongé. Nommez les catégories concernées."
)
PRIOR_SOURCE = (
    "Code de la consommation, article L112-1-1 (directive (UE) 2019/2161) : le prix antérieur annoncé est le plus bas "
    "pratiqué au cours des trente jours précédant la réduction. Les offres de fidélité n’en relèvent pas, mais restent "
    "loyales (article L121-1)."
)
ROWS = (
    ("promotion_ceiling", "2024-03-01", "2026-04-15",
     {"share": [34, 100], "categories": [], "counts_deferred": True}, CEILING_SOURCE),
    ("prior_price", "2022-05-28", None, {"days": 30}, PRIOR_SOURCE),
)


def keep_france(apps, schema_editor):
    policies = apps.get_model("organisation", "LawPolicy")
    for kind, valid_from, valid_until, terms, source in ROWS:
        policies.objects.create(
            country="FR", kind=kind, valid_from=valid_from, valid_until=valid_until, action="warn", terms=terms,
            source=source, changed_at="2026-11-22T00:00:00Z", changed_by="Fidelia",
        )


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0004_places_of_stores'),
    ]

    operations = [
        migrations.CreateModel(
            name='LawPolicy',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('country', models.CharField(max_length=2)),
                ('kind', models.CharField(max_length=40)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('action', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('refuse', 'Refuse')], default='warn', max_length=6)),
                ('terms', models.JSONField()),
                ('source', models.TextField(blank=True, default='')),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(max_length=150)),
            ],
            options={
                'db_table': 'organisation_law_policy',
                'constraints': [models.UniqueConstraint(fields=('country', 'kind', 'valid_from'), name='a law of a country begins on a day once'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='a law ends after it begins'), models.CheckConstraint(condition=models.Q(('action__in', ['ignore', 'warn', 'refuse'])), name='a law is ignored, warned of or refused by')],
            },
        ),
        migrations.RunPython(keep_france, migrations.RunPython.noop),
    ]
