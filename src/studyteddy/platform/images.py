"""Pictures from strangers: looked at by content, bounded before they are decoded, and drawn anew.

What comes out holds nothing of what went in but its colours: no metadata, no place where it was taken, no second
meaning for a browser that guesses.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from studyteddy.platform.errors import Fault, Invalid

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 25_000_000
SIDE = 256
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class NotAPicture(Invalid):
    """Send a picture: PNG, JPEG, WebP or GIF."""


class PictureTooLarge(Invalid):
    """The picture has more than 5 MiB."""


class TooManyPixels(Invalid):
    """The picture has more than 25 million pixels."""


def avatar(data: bytes) -> bytes:
    """A square WebP of 256 pixels, upright and without metadata; of an animation, its first picture.

    Raises `NotAPicture`, `PictureTooLarge` or `TooManyPixels`. Takes up to a second of CPU and some 200 MB for
    the largest pictures: run it in a thread of a small lane, never in the event loop.
    """
    if len(data) > MOST_BYTES:
        raise _problem(PictureTooLarge)
    try:
        return _drawn(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise _problem(TooManyPixels) from fault
    except Invalid:
        raise
    except Exception as fault:  # decoders fail in as many ways as there are broken files
        raise _problem(NotAPicture) from fault


def _drawn(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=_FORMATS) as picture:  # reads no more than the header
        if picture.width * picture.height > MOST_PIXELS:
            raise _problem(TooManyPixels)
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded small
        upright = ImageOps.exif_transpose(picture)
    square = ImageOps.fit(_coloured(upright), (SIDE, SIDE), Image.Resampling.LANCZOS)
    fresh = Image.new(square.mode, square.size)  # `square` still carries the metadata
    fresh.paste(square)
    out = BytesIO()
    fresh.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _coloured(picture: Image.Image) -> Image.Image:
    """In the two kinds of colour that WebP knows; 16 bits of grey are brought down to 8."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda grey: grey / 256).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _problem(kind: type[Invalid]) -> Invalid:
    return kind(faults=[Fault("", kind.code, kind.title)])
