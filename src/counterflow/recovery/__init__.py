"""Recovery: getting back what returned goods are still worth.

Owns: refurbishment orders with their costs, sale lots of the secondary channel, pallets that go back to suppliers.
They are made of received units, so this room stands above receiving and calls it. Does not own what a supplier
credits, nor the money a buyer pays.

Start in `states.py`, then `commands/finish_refurbishments.py` and `commands/ship_loads.py`.
"""
