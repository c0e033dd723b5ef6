"""Untrusted images: identified by content, limited in size before decoding, and re-encoded.

The result contains only pixels: no metadata, no location, and no other content that a browser could sniff.
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
    """The file is not a supported image. Send a PNG, JPEG, WebP, or GIF."""


class PictureTooLarge(Invalid):
    """The image is larger than 5 MiB."""


class TooManyPixels(Invalid):
    """The image has more than 25 million pixels."""


def avatar(data: bytes) -> bytes:
    """Return a square WebP of 256 pixels, upright and without metadata; of an animation, the first frame.

    Raises `NotAPicture`, `PictureTooLarge`, or `TooManyPixels`. Takes up to a second of CPU and about 200 MB for the
    largest images: run it in a small thread pool, never in the event loop.
    """
    if len(data) > MOST_BYTES:
        raise _problem(PictureTooLarge)
    try:
        return _render(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise _problem(TooManyPixels) from fault
    except Invalid:
        raise
    except Exception as fault:  # decoders raise arbitrary errors for broken files
        raise _problem(NotAPicture) from fault


def _render(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=_FORMATS) as image:  # reads only the header
        if image.width * image.height > MOST_PIXELS:
            raise _problem(TooManyPixels)
        image.draft("RGB", (2 * SIDE, 2 * SIDE))  # decodes a large JPEG at a smaller scale
        upright = ImageOps.exif_transpose(image)
    square = ImageOps.fit(_with_webp_mode(upright), (SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.new(square.mode, square.size)  # `square` still has the metadata
    clean.paste(square)
    out = BytesIO()
    clean.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _with_webp_mode(image: Image.Image) -> Image.Image:
    """Convert to a color mode that WebP supports; 16-bit gray is reduced to 8 bits."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda gray: gray / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _problem(kind: type[Invalid]) -> Invalid:
    return kind(faults=[Fault("", kind.code, kind.description)])
