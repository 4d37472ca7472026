"""The kernel: what every business room stands on, small and then frozen.

Owns: the context of a call, the `@command` decorator (permission, one transaction, at-most-once,
audit, retries), lock ranks, plural reads and writes, errors with codes, events, state tables,
money and erasable payloads. Knows no return, no stock and no customer.

Start in `commands.py`, then `db.py`.
"""
