"""An export says how much of it was written anew, and how many people had been erased when it was taken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insight", "0003_chapters")]
    operations = [
        migrations.AddField("factexport", "erased_people", models.BigIntegerField(default=0)),
        migrations.AddField("factexport", "written_rows", models.BigIntegerField(default=0)),
    ]
