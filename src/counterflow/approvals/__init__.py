"""Approvals: acts that wait for other people, and that run in the transaction in which the last of them agrees.

Owns: what was asked for, with the facts and the money it was asked on; who agreed or refused; who stands in for
whom, and until when. Whether an act needs anybody is the `approval` table's to say (`policies`). The acts
themselves belong to the rooms below.

Start in `acts.py`, then `commands/approve_requests.py`.
"""
