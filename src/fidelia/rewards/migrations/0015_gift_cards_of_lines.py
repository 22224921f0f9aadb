"""A movement of a gift card names the line of the purchase that sold it, or of which it came back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rewards", "0014_offers_to_activate")]
    operations = [
        migrations.AddField(
            model_name="giftcardmovement", name="line_number", field=models.IntegerField(null=True)
        ),
    ]
