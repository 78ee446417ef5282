"""schemathesis holds the API to its own OpenAPI document: every check, in process, with what is valid and what is not."""

import os

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from bridge.settings import Settings
from bridge.stock_sync.api import api
from bridge.stock_sync.api.openapi import document
from bridge.wiring import bridge

PATHS = document("")["paths"]
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CASES = [
    (mode, method, path)
    for path, item in PATHS.items()
    for method in item
    if method in {"get", "put", "post"}
    for mode in (VALID, INVALID)
    # Where nothing is sent nothing can be wrong.
    if mode is VALID or "parameters" in item or "parameters" in item[method]
]
EXAMPLES = 2000 if os.environ.get("DEEP") else 10


@pytest.fixture
def schema(caller, sqlite_url, clock):
    """Of a house whose location has something in it, and that lets a token ask as often as it likes."""
    caller("PUT", "/locations/main/stock/LOAF", {"count": 12})
    patient = bridge(Settings.model_validate({"database": {"url": sqlite_url}, "api": {"rate": 10**9}}), now=clock)
    app = Flask(__name__)
    app.register_blueprint(api(patient))
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    patient.database.dispose()


@pytest.mark.parametrize(("mode", "method", "path"), CASES, ids=lambda part: getattr(part, "value", part))
def test_the_api_keeps_to_its_document(schema, token, mode, method, path):
    headers = {"Authorization": f"Bearer {token('stock:read', 'stock:write', 'drops:read')}"}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    def holds(case):
        case.call_and_validate(headers=headers)

    holds()
