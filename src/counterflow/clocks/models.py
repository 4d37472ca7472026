"""The tables of clocks."""
