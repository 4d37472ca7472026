"""Master data on screens and in files: one declaration a kind of record drives all of it.

A kind (`kinds.py`) names its fields, the query that lists it, the query that reads it and the commands that
record and change it. Pages, forms, CSV and Excel files, previews and the command line come from that. A new
kind is a file here and a row in `register.py`. Decides nothing: commands do.
"""
