from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0018_keep_overlaps_of_segments'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='trait',
            index=models.Index(fields=['valid_until'], name='closed_traits_by_end', condition=Q(('valid_until__isnull', False))),
        ),
    ]
