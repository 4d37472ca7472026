"""Import of order books: readers, checks, classes, staging, the run.

A file streams through: `lines` and the readers give columns of text, `layouts` names them, `check` turns
them into typed columns and refusals, `staging` copies them into a temporary table, and the command
`orders.commands.import_book` merges that table by set-based SQL. No bad row stops a file.
"""
