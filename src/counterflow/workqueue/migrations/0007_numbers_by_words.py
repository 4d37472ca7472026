from django.db import migrations

# As workqueue/rules.py reads numbers now: those of several words are found by each of them too.
WORDS = """
UPDATE workqueue_case SET numbers = numbers || ARRAY(
    SELECT DISTINCT w.word FROM unnest(numbers) n, regexp_split_to_table(n, '\\s+') AS w(word)
    WHERE n ~ '\\s' AND w.word <> '' AND w.word <> ALL(numbers))
WHERE EXISTS (SELECT FROM unnest(numbers) n WHERE n ~ '\\s')
"""


class Migration(migrations.Migration):
    dependencies = [("workqueue", "0006_search_by_beginnings")]

    operations = [migrations.RunSQL(WORDS, migrations.RunSQL.noop)]
