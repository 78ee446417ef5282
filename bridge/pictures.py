"""Translator: an uploaded picture to the files that pages use. Whatever else a file may hold, only its pixels come through."""

import warnings
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps

from bridge.core.errors import InvalidInput
from bridge.core.ports_shop import Picture, PictureFile

WIDTHS = (320, 640, 960, 1600)
MAX_OCTETS = 20_000_000
MAX_PIXELS = 64_000_000
_LEAST, _NARROWEST = 16, 10
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_SAVED: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 60, "speed": 8},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
}
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
"""The media type of each format, the best format first."""
# A picture of ten thousand scans keeps a decoder busy for hours; cameras write a dozen.
_SCAN, _MOST_SCANS = b"\xff\xda", 200
_SRGB = ImageCms.createProfile("sRGB")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# It is refused in a sentence: nobody is to read where Pillow lies as well.
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready to be stored, in every width and format."""

    picture: Picture
    files: tuple[PictureFile, ...]


def digest_of(content: bytes) -> str:
    """What the picture in this file is called: the SHA-256 of the file, in hex."""
    return sha256(content).hexdigest()


def prepared(content: bytes) -> Prepared:
    """The picture in a JPEG, PNG, WebP, AVIF or GIF file (its first frame), upright, in sRGB and without metadata.

    It is never enlarged. Raises ``InvalidInput`` for anything else, and for what is too large or too narrow.
    """
    image = _upright(content)
    wide = min(image.width, WIDTHS[-1])
    sizes = {width: _resized(image, width) for width in (*(width for width in WIDTHS if width < wide), wide)}
    files = [PictureFile(width, name, _saved(size, name)) for name in _SAVED for width, size in sizes.items()]
    listed = tuple((name, tuple(sizes)) for name in _SAVED)
    return Prepared(Picture(digest_of(content), wide, sizes[wide].height, _color(sizes[min(sizes)]), listed), tuple(files))


def _upright(content: bytes) -> Image.Image:
    if len(content) > MAX_OCTETS:
        raise InvalidInput(f"A picture has at most {MAX_OCTETS // 1_000_000} MB.")
    if content.count(_SCAN) > _MOST_SCANS and content.startswith(b"\xff\xd8"):
        raise InvalidInput("This picture is built of more scans than any camera writes: save it anew.")
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            _check_size(image.width, image.height)
            image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            return _in_srgb(ImageOps.exif_transpose(image))
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    # Decoders answer broken files with whatever they stumble over.
    except Exception:  # noqa: BLE001
        raise InvalidInput("This is no picture that can be read: use a JPEG, PNG, WebP, AVIF or GIF file.") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large()
    if min(width, height) < _LEAST or max(width, height) > _NARROWEST * min(width, height):
        raise InvalidInput(f"A picture has at least {_LEAST} pixels each way, and is at most {_NARROWEST} times as long as it is wide.")


def _too_large() -> InvalidInput:
    return InvalidInput(f"A picture has at most {MAX_PIXELS // 1_000_000} megapixels.")


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA for what can be seen through; nothing but pixels."""
    profile = image.info.get("icc_profile")
    clear = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    plain = _converted(image, profile, "RGBA" if clear else "RGB") if profile else image
    plain = plain.convert("RGBA" if clear else "RGB")
    # Formats write down the metadata that they find here.
    plain.info = {}
    return plain


def _converted(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    if image.mode not in {"CMYK", "L", "RGB"}:
        image = image.convert(mode)
    try:
        wanted = "RGBA" if image.mode == "RGBA" else "RGB"
        found = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode=wanted)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # A broken profile, or that of another kind of picture.
    return found if found is not None else image


def _resized(image: Image.Image, width: int) -> Image.Image:
    if width == image.width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _saved(image: Image.Image, name: str) -> bytes:
    if name == "jpg" and image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    out = BytesIO()
    image.save(out, **_SAVED[name])
    return out.getvalue()


def _color(image: Image.Image) -> str:
    """The colour that most of the picture has."""
    small = Image.new("RGB", image.size, "white")
    small.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    few = small.resize((48, 48), Image.Resampling.BOX).quantize(6)
    counted = few.getcolors() or [(1, 0)]
    _, index = max(counted, key=lambda each: each[0])
    palette = few.getpalette() or [255, 255, 255]
    assert isinstance(index, int)
    return "#{:02x}{:02x}{:02x}".format(*palette[3 * index : 3 * index + 3])
