"""What logistics does: `announce_parcels`, `observe_parcels`. What they share: `writing`."""
