"""A real Chromium without a screen."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.wait import WebDriverWait

AXE = Path(__file__).parent.parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SNAPS = Path(os.environ.get("SNAP_BIN", "/snap/bin"))
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
)


def chromium(*, scripts: bool = True) -> webdriver.Chrome:
    """A browser with a profile of its own; without ``scripts`` pages run none."""
    options = webdriver.ChromeOptions()
    browser, driver = programs()
    if browser:
        options.binary_location = browser
    for flag in _FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


def programs() -> tuple[str, str]:
    """The browser and its driver: those that CHROMIUM and CHROMEDRIVER name, else the system's own.

    The browser is empty where a snap's driver brings its own. Confined, that one sees no other and no /tmp of anybody
    else; another driver would wait for a profile that the browser cannot write.
    """
    if os.environ.get("CHROMIUM") and os.environ.get("CHROMEDRIVER"):
        return os.environ["CHROMIUM"], os.environ["CHROMEDRIVER"]
    confined = SNAPS / "chromium.chromedriver"
    own = shutil.which("chromium")
    if confined.exists() and (own is None or Path(own).parent == SNAPS):
        return "", str(confined)
    browser = own or next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        raise RuntimeError("These tests need Chromium and its driver; tests/setup/browser.sh installs them, or says how to.")
    return browser, driver


def wait(browser: webdriver.Chrome, found: Callable[[webdriver.Chrome], Any]) -> Any:
    """What ``found`` gives once that is something.

    Asked about a page that is just giving way to the next, Chromium answers stale, nothing there, or a fault of its inspector.
    """
    return WebDriverWait(browser, 20, ignored_exceptions=[WebDriverException]).until(found)


def resize(browser: webdriver.Chrome, width: int, *, dark: bool = False) -> None:
    """Makes the page as wide as a device in CSS pixels, and light or dark."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, {"name": "prefers-reduced-motion", "value": "reduce"}]})


def barriers(browser: webdriver.Chrome) -> list[str]:
    """What axe-core finds wrong with the page for people who see, hear or move otherwise."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    run = "axe.run(document, {runOnly: arguments[0], rules: {'target-size': {enabled: true}}}).then(arguments[1])"
    found: dict[str, Any] = browser.execute_async_script(run, RULES)
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]]
