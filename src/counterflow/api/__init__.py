"""The HTTP interface for programs: every command and query, single and bulk, with OpenAPI 3.1.

Owns: tokens into contexts, request bodies into command items, results into status codes and
problem+json, cursors. Decides nothing: one call is one command or one query.

Start in `acts.py` (the table of commands), then `endpoints.py`, `problems.py`.
"""
