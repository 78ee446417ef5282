"""Liveness, readiness and figures, for supervisors and Prometheus. A face of its own: it decides nothing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bridge.core.errors import Fault
from bridge.core.ports import Views
from bridge.flows.house import CLOCK_MAY_BE_SILENT


class Reading(Protocol):
    """The reading half of the house."""

    def now(self) -> datetime: ...
    def read(self) -> AbstractContextManager[Views]:
        """One snapshot."""


def health(bridge: Reading) -> Blueprint:
    """``/healthz``: this process answers. ``/readyz``: the database answers and the clock ticks. ``/metrics``."""
    blueprint = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(Figures(bridge))

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        problem = _problem(bridge)
        return jsonify(status=problem or "ok"), 503 if problem else 200

    @blueprint.get("/metrics")
    def metrics() -> tuple[bytes, int, dict[str, str]]:
        try:
            return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}
        except Fault:
            return b"", 503, {"Content-Type": CONTENT_TYPE_LATEST}

    return blueprint


def _problem(bridge: Reading) -> str:
    try:
        with bridge.read() as views:
            beat = views.heartbeats().get("publish")
    except Fault as fault:
        return str(fault)
    if beat is None:
        return "No clock has run yet: start dropbridge clock."
    if bridge.now() - beat > CLOCK_MAY_BE_SILENT:
        return f"The clock has been silent since {beat.isoformat(timespec='seconds')}: restart dropbridge clock."
    return ""


class Figures:
    """Read from the database at each scrape, so that any of several web processes gives the same ones."""

    def __init__(self, bridge: Reading) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """The figures of the moment."""
        now = self._bridge.now()
        with self._bridge.read() as views:
            beats, figures, tills = views.heartbeats(), views.figures(now), views.connections()
        for name, (value, help_) in figures.items():
            yield GaugeMetricFamily(f"dropbridge_{name}", help_, value=value)
        age = GaugeMetricFamily("dropbridge_job_age_seconds", "Seconds since a job of the clock last succeeded.", labels=["job"])
        for job, beat in sorted(beats.items()):
            age.add_metric([job], (now - beat).total_seconds())
        yield age
        down = GaugeMetricFamily("dropbridge_till_failures", "Failed polls of a till since it last answered.", labels=["till"])
        for till in tills:
            down.add_metric([f"{till.organizer}/{till.name}"], till.failures)
        yield down
