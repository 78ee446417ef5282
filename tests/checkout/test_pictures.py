"""Pictures as browsers ask for them, and as pages name them."""

from io import BytesIO

import pytest
from flask import Flask, render_template_string
from PIL import Image

from bridge.checkout.pages import pages
from bridge.checkout.pictures import shown_pictures
from bridge.pictures import prepared
from bridge.site import site
from tests.house import bakery


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


@pytest.fixture
def made(shop):
    out = BytesIO()
    Image.new("RGB", (800, 500), "teal").save(out, "PNG")
    found = prepared(out.getvalue())
    for organizer in ("ada", "dee"):
        with shop.house.work() as work:
            work.add_picture(work.views.organizer(organizer).id, found.picture, found.files, shop.clock())
    return found


@pytest.fixture
def client(shop):
    return site(shop.house).test_client()


@pytest.mark.parametrize(("format", "type"), [("avif", "image/avif"), ("webp", "image/webp"), ("jpg", "image/jpeg")])
def test_a_picture_is_served_as_what_it_is_and_kept_for_good(client, made, format, type):
    answer = client.get(f"/pictures/{made.picture.digest}/640.{format}")
    assert (answer.status_code, answer.content_type) == (200, type)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert Image.open(BytesIO(answer.data)).size == (640, 400)
    again = client.get(f"/pictures/{made.picture.digest}/640.{format}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "{}/641.webp",
        "{}/640.png",
        "{}/640.svg",
        "{}/640",
        "{}/0640.webp",
        "{}/-1.webp",
        "{}/" + "9" * 5000 + ".webp",
        "{}x/640.webp",
        "0/640.webp",
    ],
)
def test_anything_else_is_not_there(client, made, path):
    assert client.get("/pictures/" + path.format(made.picture.digest)).status_code == 404


def test_pages_name_every_width_and_format_and_keep_the_place(shop, made):
    with shop.house.read() as views:
        found = shown_pictures(views, [made.picture.digest, "0" * 64])
    one = found[made.picture.digest]
    assert list(found) == [made.picture.digest]
    assert (one.width, one.height) == (800, 500)
    app = Flask("test")
    app.register_blueprint(pages(shop.house))
    with app.test_request_context():
        page = render_template_string(
            '{% from "shop/picture.html" import picture %}{{ picture(one, "A <loaf>", "50vw", eager=true) }}', one=one
        )
        lazy = render_template_string('{% from "shop/picture.html" import picture %}{{ picture(one, "") }}', one=one)
    digest = made.picture.digest
    assert page.index("image/avif") < page.index("image/webp") < page.index(f'src="/pictures/{digest}/800.jpg"')
    assert f"/pictures/{digest}/320.avif 320w, /pictures/{digest}/640.avif 640w, /pictures/{digest}/800.avif 800w" in page
    assert 'width="800" height="500" alt="A &lt;loaf&gt;"' in page
    assert 'fetchpriority="high"' in page
    assert "lazy" not in page
    assert 'loading="lazy"' in lazy
