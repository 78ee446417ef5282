"""The examples of docs/shops.md do what the page says."""

import json
import re
import shlex
from pathlib import Path

import pytest

from bridge.stock_sync.api.openapi import document
from bridge.stock_sync.api.problems import TITLES, URN
from bridge.stock_sync.csvfile import read
from bridge.stock_sync.fake import KNOWN_SETTINGS as OF_FAKE
from bridge.stock_sync.fake import TROUBLES
from bridge.stock_sync.tryton import KNOWN_SETTINGS as OF_TRYTON
from tests.fakes import WEDNESDAY

PAGE = (Path(__file__).parents[2] / "docs" / "shops.md").read_text(encoding="utf-8")


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def asked(example):
    """(method, path, headers, body) of a curl command."""
    words = shlex.split(example.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    method, path, headers, body = "GET", "", {}, None
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0)
            case address:
                path = address.removeprefix("$SERVER/api/v1")
    return method, path, headers, body


@pytest.mark.parametrize("example", examples("sh"))
def test_every_curl_example_is_answered(caller, example):
    caller("PUT", "/locations/main/stock/LOAF", {"count": 1, "counted_at": "2026-12-01T00:00:00Z"})
    method, path, headers, body = asked(example)
    assert headers["Authorization"] == "Bearer $TOKEN"
    response = caller.raw(method, path, data=body, content_type=headers.get("Content-Type"))
    assert response.status_code == 200, response.get_json()


def test_the_answer_shown_is_the_answer_given(caller):
    method, path, _, body = asked(examples("sh")[0])
    assert caller(method, path, json.loads(body))[1] == json.loads(examples("json")[0])


def test_the_file_shown_can_be_read():
    assert [(count.sku, count.quantity, count.name) for count in read(examples("csv")[0].encode(), WEDNESDAY)] == [
        ("LOAF", 12, "Country loaf"),
        ("BUN", 30, "Morning bun"),
    ]


@pytest.mark.parametrize("kind", TITLES)
def test_the_page_has_every_problem(kind):
    assert f"| `{URN}{kind}` |" in PAGE


@pytest.mark.parametrize("setting", sorted(OF_TRYTON | OF_FAKE | TROUBLES - {""}))
def test_the_page_has_every_setting_of_a_till(setting):
    assert f"`{setting}`" in PAGE


@pytest.mark.parametrize("path", document("")["paths"])
def test_the_page_or_the_document_it_names_has_every_address(path):
    assert path in {"/", "/openapi.json"} or re.sub(r"\{\w+\}", "", path).split("//")[0].rstrip("/") in PAGE
