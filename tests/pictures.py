"""Picture files for tests: small, large, turned, telling, and lying."""

import struct
import zlib
from io import BytesIO

from PIL import Image

NOTE = "Zebedee Quillfeather, 51.5007 N"


def picture(size=(640, 480), *, kind="JPEG", colour=(200, 30, 30), note="", turned=1):
    """A picture of one colour with a darker corner; `note` goes into its metadata, `turned` is EXIF orientation."""
    image = Image.new("RGB", size, colour)
    image.paste((0, 0, 0), (0, 0, size[0] // 4, size[1] // 4))
    exif = Image.Exif()
    if turned != 1:
        exif[0x0112] = turned
    if note:
        exif[0x010E] = note
        exif[0x013B] = note
    out = BytesIO()
    image.save(out, kind, exif=exif, **({"comment": note.encode()} if note and kind == "JPEG" else {}))
    return out.getvalue()


def bomb(width=60_000, height=60_000):
    """A PNG of a few bytes whose header says that it is huge."""

    def chunk(tag, data):
        body = tag + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
