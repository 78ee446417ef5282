"""Uploaded pictures: only their pixels come through, in the sizes that pages use; no file crashes or hangs the house."""

import random
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageDraw

from bridge import pictures
from bridge.core.errors import InvalidInput
from bridge.pictures import WIDTHS, prepared

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")


def drawn(size=(1000, 600), mode="RGB"):
    """Red, with a blue quarter at its upper left."""
    image = Image.new(mode, size, "red" if mode.startswith("RGB") else 90)
    if mode == "RGB":
        ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 2), fill="blue")
    return image


def saved(image, format="JPEG", **more):
    out = BytesIO()
    image.save(out, format, **more)
    return out.getvalue()


def opened(made, width, format):
    (content,) = [file.content for file in made.files if (file.width, file.format) == (width, format)]
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_becomes_every_width_that_is_not_larger(format):
    made = prepared(saved(drawn(), format))
    assert (made.picture.width, made.picture.height) == (1000, 600)
    assert made.picture.files == tuple((name, (320, 640, 960, 1000)) for name in ("avif", "webp", "jpg"))
    for file in made.files:
        image = opened(made, file.width, file.format)
        assert image.format == {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}[file.format]
        assert image.size == (file.width, round(file.width * 0.6))
        red, _, blue = image.convert("RGB").getpixel((image.width - 20, image.height - 20))
        assert red > 200
        assert blue < 60


def test_a_large_picture_is_made_smaller_and_a_small_one_stays_as_it_is():
    assert prepared(saved(drawn((4000, 3000)))).picture.files[0][1] == WIDTHS
    small = prepared(saved(drawn((200, 200))))
    assert small.picture.files[0][1] == (200,)
    assert small.picture.width == 200


def test_the_same_file_is_called_the_same_and_gives_the_same_files():
    content = saved(drawn())
    assert prepared(content) == prepared(content)
    assert prepared(content).picture.digest == pictures.digest_of(content)


def exif(orientation):
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = "SECRET-DESCRIPTION"
    found.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 59.0), 3: "E", 4: (13.0, 22.0, 1.0), 29: "SECRET-DAY"})
    return found.tobytes()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_where_and_when_a_picture_was_taken_is_not_told(format):
    more = {"exif": exif(1), "xmp": b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"} if format != "PNG" else {"exif": exif(1)}
    content = saved(drawn(), format, **more)
    assert b"SECRET" in content
    for file in prepared(content).files:
        assert b"SECRET" not in file.content
        assert b"Exif" not in file.content
        image = Image.open(BytesIO(file.content))
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_upright_is_shown_upright(format):
    made = prepared(saved(drawn((600, 400)), format, exif=exif(6)))
    assert (made.picture.width, made.picture.height) == (400, 600)
    red, _, blue = opened(made, 400, "jpg").convert("RGB").getpixel((380, 20))
    assert blue > 200
    assert red < 60


def test_colours_of_another_profile_are_those_of_the_web():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = prepared(saved(drawn(), icc_profile=lab))
    assert opened(made, 320, "jpg").convert("RGB").getpixel((300, 180))[0] > 200
    broken = prepared(saved(drawn(), icc_profile=b"no profile at all"))
    assert opened(broken, 320, "jpg").convert("RGB").getpixel((300, 180))[0] > 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_read(mode):
    image = drawn((400, 400), "L").convert("RGB" if mode == "P" else mode) if mode != "I;16" else Image.new("I;16", (400, 400), 30_000)
    image = image.quantize(8) if mode == "P" else image
    made = prepared(saved(image, "TIFF" if mode == "none" else "JPEG" if mode == "CMYK" else "PNG"))
    assert len(made.files) == 6


def test_what_can_be_seen_through_stays_so_and_is_white_where_that_cannot_be():
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 100, 100), fill=(0, 128, 0, 255))
    made = prepared(saved(image, "PNG"))
    assert opened(made, 320, "webp").convert("RGBA").getpixel((300, 300))[3] == 0
    assert min(opened(made, 320, "jpg").getpixel((300, 300))) > 250
    assert made.picture.color == "#ffffff"


def test_the_colour_is_the_one_that_most_of_the_picture_has():
    red = int(prepared(saved(drawn())).picture.color[1:3], 16)
    assert red > 200


def test_of_a_moving_picture_the_first_frame_is_shown():
    frames = [drawn((100, 100)), Image.new("RGB", (100, 100), "green")]
    made = prepared(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert opened(made, 100, "jpg").getpixel((90, 90))[0] > 200


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, body=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (b"GIF89a" + b"\0" * 20, "no picture|at least"),
        (saved(Image.new("RGB", (50, 50)), "TIFF"), "no picture"),
        (saved(Image.new("RGB", (50, 50)), "BMP"), "no picture"),
        (png(60_000, 60_000), "megapixels"),
        (png(10_000, 9_000), "megapixels"),
        (png(400, 400, b"\0" * 10), "no picture"),
        (saved(Image.new("RGB", (4, 4)), "PNG"), "at least 16"),
        (saved(Image.new("RGB", (2000, 20)), "PNG"), "10 times"),
        (b"\xff\xd8" + b"\xff\xda" * 300, "scans"),
        (b"\0" * 20_000_001, "20 MB"),
    ],
    ids=range(13),
)
def test_what_is_no_picture_is_refused_with_a_sentence(content, told):
    with pytest.raises(InvalidInput, match=told):
        prepared(content)


@pytest.mark.parametrize("format", FORMATS)
def test_broken_files_are_refused_or_read_and_never_crash(format):
    whole = saved(drawn((64, 48)), format, **({"exif": exif(3)} if format != "GIF" else {}))
    chance = random.Random(format)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        cut = content[: chance.randrange(len(content))] if chance.random() < 0.4 else content
        with suppress(InvalidInput):
            assert prepared(bytes(cut)).files


def test_a_picture_with_too_many_pixels_is_refused_in_words_alone(tmp_path):
    Image.new("1", (9000, 8000)).save(tmp_path / "huge.png")
    asks = "import sys\nfrom pathlib import Path\nfrom bridge.pictures import prepared\nprepared(Path(sys.argv[1]).read_bytes())"
    done = subprocess.run([sys.executable, "-c", asks, tmp_path / "huge.png"], capture_output=True, text=True, check=False)
    assert done.stderr.rstrip().splitlines()[-1].startswith("bridge.core.errors.InvalidInput: ")
    assert "DecompressionBombWarning:" not in done.stderr
