"""What receiving does.

At the dock: `receive_units`, `reverse_receipts`, `close_parcels`, `match_units`. At the bench:
`inspect_units`, `dispose_units`, `put_away_units`, `empty_totes`, `reverse_disposals`, `undo_disposals`,
`release_units`, `split_units`, `send_back_units`.
"""
