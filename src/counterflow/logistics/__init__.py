"""Logistics: parcels on their way back, and what carriers report of them.

Owns: parcels with what they announce, carrier milestones (observations), stock in transit by parcel
line. Does not own what is found when a parcel is opened: that is receiving.

Start in `states.py`, then `commands/observe_parcels.py`.
"""
