"""Access: who may act, and what each may do.

Owns: users (sign-in by email), the roles and the permissions each carries, grants of roles to users,
and API tokens with scopes. Knows nothing of customers: a shopper is never a user here.

The table of roles is code (`roles.py`), so that a screen, a command and the documentation agree;
who holds which role is data. Passwords and token secrets never reach a command: the edge hashes
them first (`secrets.py`), so no key, audit row or replayed result can give one away.

Start in `roles.py`, then `queries.py`.
"""
