"""Import of order books: readers, checks, classes, staging, the run.

A file streams through: `lines` and the readers give columns of text, `layouts` names them, `check` turns
them into typed columns and refusals, `coding` numbers what repeats, `staging` copies them into temporary
tables, and the command `orders.commands.import_book` merges those by set-based SQL. No bad row stops a file.
"""
