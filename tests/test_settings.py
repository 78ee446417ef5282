"""Settings: the file, the environment before it, and a start that stops at the first thing it does not know."""

import tomllib
from pathlib import Path

import pytest

from bridge.settings import Settings, SettingsError, load, table
from bridge.wording import LANGUAGES

CONFIG = Path(__file__).parent.parent / "config" / "bridge.toml"


@pytest.fixture
def file(tmp_path):
    """Writes a settings file and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "bridge.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_a_file_and_an_environment_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environ={}) == Settings()


def test_the_environment_comes_before_the_file(file):
    path = file('[server]\nport = 8001\nhost = "0.0.0.0"\n')
    settings = load(path, {"DROPBRIDGE_SERVER__PORT": "8002"})
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8002)


def test_the_environment_can_name_the_file_and_an_argument_comes_before_it(file, tmp_path):
    named = file("[server]\nport = 8001\n")
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 8003\n", encoding="utf-8")
    assert load(environ={"DROPBRIDGE_CONFIG": str(named)}).server.port == 8001
    assert load(other, {"DROPBRIDGE_CONFIG": str(named)}).server.port == 8003


def test_a_secret_comes_from_a_file_without_its_last_line_end(tmp_path):
    secret = tmp_path / "url"
    secret.write_text("postgresql://bridge:hunter2@db/bridge\n", encoding="utf-8")
    assert load(environ={"DROPBRIDGE_DATABASE__URL_FILE": str(secret)}).database.url == "postgresql+psycopg://bridge:hunter2@db/bridge"


def test_a_list_in_the_environment_is_parted_by_commas():
    assert load(environ={"DROPBRIDGE_SERVER__TRUSTED_PROXIES": "127.0.0.1, ::1"}).server.trusted_proxies == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[server]\nprot = 1\n", "[server] has no setting 'prot'; did you mean port?"),
        ("[sever]\nport = 1\n", "there is no section [sever]; did you mean server?"),
        ("server = 1\n", "[server] is a section, not a value"),
        ("[server]\nport = 'many'\n", "server.port: Input should be a valid integer"),
        ("[server]\nport = 70000\n", "server.port: Input should be less than or equal to 65535"),
        ("[server]\nbase_url = 'example.org'\n", "server.base_url: an address begins with http:// or https://"),
        ("[database]\nurl = 'mysql://db'\n", "database.url: a database is sqlite:///FILE or postgresql+psycopg://"),
        (
            "[server]\ntrusted_proxies = ['the-proxy']\n",
            "server.trusted_proxies: 'the-proxy' does not appear to be an IPv4 or IPv6 network",
        ),
        ("[defaults]\ntimezone = 'Berlin'\n", "defaults.timezone: 'Berlin' is not a time zone: use an IANA name such as Europe/Berlin"),
        ("[defaults]\ncurrency = 'euro'\n", "defaults.currency: 'euro' is not a currency: use an ISO 4217 code such as EUR"),
        ("[defaults]\ncurrency = 'XXX'\n", "defaults.currency: 'XXX' is not a currency: use an ISO 4217 code such as EUR"),
        ("[defaults]\nlanguage = 'tlh'\n", "defaults.language: Input should be 'en', 'de', 'fr' or 'es'"),
        ("[log]\nlevel = 'loud'\n", "log.level: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("[server\n", "is not valid TOML"),
    ],
)
def test_a_file_with_a_mistake_stops_the_start_and_says_which(file, text, sentence):
    with pytest.raises(SettingsError) as refused:
        load(file(text), {})
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"DROPBRIDGE_SERVER__PROT": "1"}, "DROPBRIDGE_SERVER__PROT, which is no setting; did you mean DROPBRIDGE_SERVER__PORT?"),
        ({"DROPBRIDGE_CONFIGS": "x"}, "did you mean DROPBRIDGE_CONFIG?"),
        ({"DROPBRIDGE_LOG__LEVEL_FILE": "/nowhere"}, "names /nowhere, which cannot be read"),
        ({"DROPBRIDGE_LOG__LEVEL_FILE": "/nowhere", "DROPBRIDGE_LOG__LEVEL": "info"}, "sets both"),
        ({"DROPBRIDGE_CONFIG": "/nowhere.toml"}, "/nowhere.toml cannot be read: No such file"),
    ],
)
def test_an_environment_with_a_mistake_stops_the_start_and_says_which(environ, sentence):
    with pytest.raises(SettingsError) as refused:
        load(environ=environ)
    assert sentence in str(refused.value)


def test_somebody_elses_variables_are_left_alone():
    assert load(environ={"PATH": "/bin", "DROP": "1"}, path=CONFIG) == Settings()


def test_a_wrong_secret_is_not_repeated_in_the_message():
    with pytest.raises(SettingsError) as refused:
        load(environ={"DROPBRIDGE_DATABASE__URL": "mysql://bridge:hunter2@db"})
    assert "hunter2" not in str(refused.value)


def test_links_are_made_from_the_listening_address_unless_told_otherwise():
    assert Settings().base_url == "http://127.0.0.1:8000"
    assert Settings().replace(server={"host": "::1"}).base_url == "http://[::1]:8000"
    assert Settings().replace(server={"base_url": "https://shop.example/"}).base_url == "https://shop.example"


def test_settings_can_be_replaced_but_only_by_known_and_valid_ones():
    assert Settings().replace(server={"port": 9000}).server.port == 9000
    with pytest.raises(SettingsError):
        Settings().replace(server={"prot": 9000})


def test_the_file_in_the_repository_shows_every_setting_with_its_default():
    text = "\n".join(line.removeprefix("# ") if " = " in line else line for line in CONFIG.read_text(encoding="utf-8").splitlines())
    shown = tomllib.loads(text.split("\n\n", 1)[1])
    assert [f"{section}.{key}" for section, keys in shown.items() for key in keys] == [setting.name for setting in table()]
    assert Settings.model_validate(shown) == Settings()


@pytest.mark.parametrize("setting", table(), ids=lambda setting: setting.name)
def test_every_setting_is_explained(setting):
    assert setting.help.endswith(".")
    assert setting.type


@pytest.mark.parametrize("unit", sorted((CONFIG.parent / "systemd").glob("*.service")), ids=lambda path: path.stem)
def test_a_service_may_touch_nothing_but_its_own_state(unit):
    lines = unit.read_text(encoding="utf-8").splitlines()
    for wanted in ("ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "StateDirectory=dropbridge", "User=dropbridge"):
        assert wanted in lines


def test_a_first_drop_may_be_in_every_language_that_is_spoken():
    for language in LANGUAGES:
        assert load(environ={"DROPBRIDGE_DEFAULTS__LANGUAGE": language}).defaults.language == language
