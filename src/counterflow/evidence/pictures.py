"""From a file that somebody sent to a picture that may be kept.

The file must be a JPEG, PNG or WebP and small enough in bytes and in pixels before it is decoded. It is
turned as its camera held it, made smaller and written anew as a JPEG without a word of metadata, so neither
place, camera, time nor anything hidden in the file survives.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from counterflow.evidence import rules

FORMATS: Final = ("JPEG", "PNG", "WEBP")
CONTENT_TYPE: Final = "image/jpeg"
_MILLIONS: Final = rules.PIXELS_MAX // 1_000_000
# What decoders raise over damaged or hostile files.
_DECODER_ERRORS: Final = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    ArithmeticError,
    LookupError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """A picture ready to be stored, and its thumbnail."""

    body: bytes
    small: bytes
    width: int
    height: int


def picture_of(body: bytes, *, bytes_max: int) -> Picture:
    """Decode, turn, shrink and write anew. Raises `PhotoEmpty`, `PhotoTooLarge`, `PhotoTooDetailed`, `PhotoUnreadable`.

    The size in pixels is read from the header, before anything of that size is made.
    """
    require_size(len(body), bytes_max=bytes_max)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(body), formats=FORMATS) as found:
                if found.width * found.height <= rules.PIXELS_MAX:
                    return _made(found)
    except _BOMBS as error:
        raise rules.PhotoTooDetailed(most=_MILLIONS) from error
    except _DECODER_ERRORS as error:
        raise rules.PhotoUnreadable() from error
    raise rules.PhotoTooDetailed(most=_MILLIONS)


def require_size(size: int, *, bytes_max: int) -> None:
    """A file of a size that is worth reading. Raises `PhotoEmpty`, `PhotoTooLarge`."""
    if size == 0:
        raise rules.PhotoEmpty()
    if size > bytes_max:
        raise rules.PhotoTooLarge(most_mb=bytes_max // 2**20, mb=f"{size / 2**20:.1f}")


def _made(found: Image.Image) -> Picture:
    # A JPEG is decoded near the size that is wanted, which takes a fraction of the time and memory.
    found.draft("RGB", (rules.LONG_SIDE, rules.LONG_SIDE))
    plain = _on_white(ImageOps.exif_transpose(found))
    plain.thumbnail((rules.LONG_SIDE, rules.LONG_SIDE), Image.Resampling.LANCZOS)
    body = _written(plain, quality=84)
    small = plain.copy()
    small.thumbnail((rules.SMALL_SIDE, rules.SMALL_SIDE), Image.Resampling.LANCZOS)
    return Picture(body, _written(small, quality=78), plain.width, plain.height)


def _on_white(image: Image.Image) -> Image.Image:
    """The pixels alone, as a new picture that never knew the file; what is transparent shows white."""
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        fresh = Image.new("RGB", image.size, "white")
        fresh.paste(seen, mask=seen.getchannel("A"))
        return fresh
    fresh = Image.new("RGB", image.size)
    fresh.paste(image.convert("RGB"))
    return fresh


def _written(image: Image.Image, *, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
