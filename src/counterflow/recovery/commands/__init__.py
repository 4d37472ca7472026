"""What recovery does.

Refurbishment: `start_refurbishments`, `add_refurbishment_costs`, `finish_refurbishments`, `cancel_refurbishments`.
Lots and pallets: `open_lots`, `open_pallets`, `load_units`, `load_pieces`, `unload_goods`, `close_loads`,
`reopen_loads`, `cancel_loads`, `sell_lots`, `ship_loads`.
"""
