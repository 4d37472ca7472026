"""Document files for tests: what is taken, and what only says that it is."""

PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
EMAIL = (
    b"Received: from shop.demo.example by mx.demo.example; Thu, 1 Jan 2026 10:00:00 +0000\r\n"
    b"From: a@demo.example\r\nTo: returns@demo.example\r\nSubject: =?utf-8?q?Nie_angekommen?=\r\n"
    b" =?utf-8?q?_bei_mir?=\r\n\r\nIt never came.\r\n"
)
TABLE = "Größe;Menge\r\nM;2\r\n\r\nL;1\r\n".encode("cp1252")
TEXT = b"As agreed by telephone: the parcel was open,\nand one piece was missing.\n"
