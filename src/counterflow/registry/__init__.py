"""Registry: who changed what about master data, and files of it on their way in.

Owns: the history of changes, which the rooms that own items, nodes, users and the like write in the same
statement as the change itself, and uploaded files between preview and confirmation. Owns no master data.

Start in `commands/changing.py`.
"""
