"""Console: the screens that staff work in all day.

Owns: pages, forms, navigation, badges, lists and their CSV. Decides nothing: a page asks a query and
renders, or turns a form into one command and redirects. Which buttons a page has comes from the state
tables, and who sees a page from its permission, so screen and law agree.

Assets are built from `frontend/` into `static/built`. Start in `page.py`, then `urls.py`.
"""
