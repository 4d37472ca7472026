"""Scans: what a scanned or typed string says, before anybody looks into the books.

Owns: the standards behind barcodes (GS1 element strings and Digital Link, trade item numbers, SSCC, carriers'
tracking numbers, our own plates and RMA numbers) and the check digits that prove them. Pure: no table, no Django,
no guess. A string that may mean two things has two readings, the better proved one first; a string that breaks a
rule has an objection that names the rule.

Start in `reading.py`: `read(text, today=...)`.
"""
