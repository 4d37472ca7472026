"""Counterflow: the system of record for returned goods."""
