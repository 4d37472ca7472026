"""Catalog: what is traded, and the words used about it.

Owns brands, suppliers, items (SKU, GTIN, family, supplier, standard cost), reason codes and the table
that maps a partner's words to them. Knows no order, no stock and no price. Start at `models.py`.
"""
