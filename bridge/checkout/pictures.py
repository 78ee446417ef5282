"""Pictures as they are served and as pages show them: named by their content, so that browsers keep them for good."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from bridge.checkout import shown
from bridge.checkout.reading import Reading
from bridge.core.ports import Views
from bridge.core.ports_shop import Picture
from bridge.pictures import TYPES

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"([1-9][0-9]{0,4})\.(avif|webp|jpg)")


@dataclass(frozen=True, slots=True)
class PictureShown:
    """What ``<picture>`` needs: ``sources`` are (media type, srcset), the best format first; ``src`` is for the others.

    ``width`` and ``height`` are those of the largest file, so that the page keeps its place; ``color`` stands in until then.
    """

    sources: tuple[tuple[str, str], ...]
    src: str
    srcset: str
    width: int
    height: int
    color: str


def served_pictures(bridge: Reading) -> Blueprint:
    """``/pictures/<digest>/<width>.<format>``."""
    face = Blueprint("pictures", __name__)

    @face.get("/pictures/<digest>/<name>")
    def picture(digest: str, name: str) -> AnyResponse:
        found = _NAME.fullmatch(name)
        if not found or not _DIGEST.fullmatch(digest):
            raise NotFound
        with bridge.read() as views:
            content = views.picture_file(digest, int(found[1]), found[2])
        if content is None:
            raise NotFound
        response = Response(content, content_type=TYPES[found[2]])
        response.set_etag(f"{digest}.{name}")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response.make_conditional(request)

    return face


def shown_pictures(views: Views, digests: Iterable[str]) -> dict[str, PictureShown]:
    """Those of the pictures that are stored, by digest: one look-up for a whole page."""
    return {digest: shown_picture(found) for digest, found in views.pictures(list(dict.fromkeys(digests))).items()}


def shown_picture(picture: Picture) -> PictureShown:
    """The picture as templates show it."""
    sets = {name: ", ".join(f"{address(picture.digest, width, name)} {width}w" for width in widths) for name, widths in picture.files}
    plain, widths = picture.files[-1]
    sources = tuple((TYPES[name], srcset) for name, srcset in sets.items() if name != plain)
    src = address(picture.digest, max(widths), plain)
    return PictureShown(sources, src, sets[plain], picture.width, picture.height, picture.color)


def first_picture(views: Views, digests: Iterable[str]) -> shown.Picture | None:
    """The first of the pictures, as the main one of a page, if it is stored."""
    wanted = next(iter(digests), "")
    found = shown_pictures(views, [wanted]).get(wanted) if wanted else None
    return shown.Picture(found.src, found.width, found.height, found.sources, found.srcset) if found else None


def address(digest: str, width: int, format: str) -> str:
    """Where a file of a picture is."""
    return f"/pictures/{digest}/{width}.{format}"
