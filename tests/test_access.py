"""Nobody reads or changes what is not theirs: every address, by everyone who might ask."""

import base64

import pytest
from werkzeug.test import Client

from bridge.flows.access import add_app_password
from bridge.flows.drops import create_drop
from bridge.flows.edit import put_event
from bridge.flows.tokens import new_api_token
from bridge.site import web
from tests.cast import ADA, BEN, CLEO, DEE
from tests.house import bakery, event

SECRET = "Secret recipe in the cellar"
FIND = '<propfind xmlns="DAV:"><allprop/></propfind>'
SYNC = '<sync-collection xmlns="DAV:"><sync-token/><prop><getetag/></prop></sync-collection>'
NAME = '<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set></propertyupdate>'
COUNT = '{"count": 3, "counted_at": "2026-12-02T09:00:00Z", "message_id": "m"}'
SOLD = '{"sku": "LOAF", "quantity": -1, "happened_at": "2026-12-02T09:00:00Z", "message_id": "n"}'
NEW = event("new", "Places: 3")

PEOPLE = ("nobody", "ada", "ben", "cleo", "dee")
TOKENS = ("ada:stock:read", "ada:stock:write", "ada:drops:read", "dee:stock:read stock:write drops:read")
# Behind each address: who gets in. Everyone else is refused with one of REFUSED.
REFUSED = {401, 403, 404, 405}
EVERYONE, ADAS, WRITERS, OWNER = set(PEOPLE), {"ada", "ben", "cleo"}, {"ada", "ben"}, {"ada"}

TABLE = [
    ("GET", "/", "", EVERYONE),
    ("GET", "/ada/", "", EVERYONE),
    ("GET", "/ada/bread/", "", EVERYONE),
    ("GET", "/ada/bread/calendar.ics", "", EVERYONE),
    ("GET", "/ada/calendar.ics", "", EVERYONE),
    ("GET", "/ada/bread/live.json", "", EVERYONE),
    ("GET", "/slots/{slot}", "", EVERYONE),
    ("GET", "/ada/hidden/", "", set()),
    ("GET", "/ada/hidden/calendar.ics", "", set()),
    ("GET", "/ada/hidden/live.json", "", set()),
    ("GET", "/slots/{hidden}", "", set()),
    ("PROPFIND", "/dav-public/ada/bread/", FIND, EVERYONE),
    ("REPORT", "/dav-public/ada/bread/", SYNC, EVERYONE),
    ("GET", "/dav-public/ada/bread/{slot}.ics", "", EVERYONE),
    ("PUT", "/dav-public/ada/bread/new.ics", NEW, set()),
    ("DELETE", "/dav-public/ada/bread/{slot}.ics", "", set()),
    ("PROPPATCH", "/dav-public/ada/bread/", NAME, set()),
    ("PROPFIND", "/dav-public/ada/hidden/", FIND, set()),
    ("GET", "/dav-public/ada/hidden/{hidden}.ics", "", set()),
    ("GET", "/dav-public/ada/bread/a.ics", "", set()),
    ("PROPFIND", "/dav/ada/", FIND, ADAS),
    ("PROPFIND", "/dav/ada/bread/", FIND, ADAS),
    ("REPORT", "/dav/ada/bread/", SYNC, ADAS),
    ("GET", "/dav/ada/bread/", "", ADAS),
    ("GET", "/dav/ada/bread/a.ics", "", ADAS),
    ("GET", "/dav/ada/bread/plain.ics", "", ADAS),
    ("PUT", "/dav/ada/bread/new.ics", NEW, WRITERS),
    ("PUT", "/dav/ada/bread/a.ics", event("a", "Places: 5"), WRITERS),
    ("DELETE", "/dav/ada/bread/a.ics", "", WRITERS),
    ("MOVE", "/dav/ada/bread/a.ics", "", WRITERS),
    ("PROPPATCH", "/dav/ada/bread/", NAME, OWNER),
    ("MKCALENDAR", "/dav/ada/more/", "", OWNER),
    ("DELETE", "/dav/ada/hidden/", "", OWNER),
    ("PROPFIND", "/dav/dee/olives/", FIND, {"dee"}),
    ("PUT", "/dav/dee/olives/new.ics", NEW, {"dee"}),
]
API = [
    ("GET", "/api/v1/locations/main/stock", "", {TOKENS[0], TOKENS[3]}),
    ("GET", "/api/v1/locations/main/stock/LOAF", "", {TOKENS[0]}),
    ("PUT", "/api/v1/locations/main/stock/LOAF", COUNT, {TOKENS[1], TOKENS[3]}),
    ("POST", "/api/v1/locations/main/movements", SOLD, {TOKENS[1], TOKENS[3]}),
    ("GET", "/api/v1/locations/ada%2Fmain/stock/LOAF", "", {TOKENS[0]}),
    ("PUT", "/api/v1/locations/ada%2Fmain/stock/LOAF", COUNT, {TOKENS[1]}),
    ("GET", "/api/v1/drops", "", {TOKENS[2], TOKENS[3]}),
]


@pytest.fixture
def shop(sqlite_url, clock):
    with bakery(sqlite_url, clock) as made, made.house.work() as work:
        now = clock()
        ada, dee = work.views.organizer("ada"), work.views.organizer("dee")
        passwords = ((ADA, "owner"), (BEN, "editor"), (CLEO, "viewer"))
        for person, role in passwords:
            add_app_password(work, ada, person.name, role, person.password, now, work.views.app_passwords("ada"))
        add_app_password(work, dee, "dee", "owner", DEE.password, now, [])
        hidden = create_drop(work, ada, "hidden", now=now, actor="ada", is_public=False)
        create_drop(work, dee, "olives", now=now, actor="dee")
        put_event(work, hidden, "h.ics", event("h", f"{SECRET}\nPlaces: 3"), made.house.house, now=now, actor="ada")
        put_event(work, made.drop, "a.ics", event("a", "Places: 4\nSells: LOAF"), made.house.house, now=now, actor="ada")
        put_event(work, made.drop, "plain.ics", event("plain", SECRET), made.house.house, now=now, actor="ada")
        made.names = {
            "slot": work.slots_of(work.member(made.drop.id, "a.ics").id)[0].public_id,
            "hidden": work.slots_of(work.member(hidden.id, "h.ics").id)[0].public_id,
        }
        made.tokens = {
            who: new_api_token(work, ada if who.startswith("ada") else dee, who, who.partition(":")[2].split(), now)[1] for who in TOKENS
        }
    made.client = Client(web(made.house))
    yield made
    made.house.database.dispose()


def ask(shop, method, path, body, headers):
    if method == "MOVE":
        headers = {**headers, "Destination": path.replace("a.ics", "moved.ics")}
    answer = shop.client.open(path.format(**shop.names), method=method, data=body.encode(), headers={"Depth": "1", **headers})
    return answer.status_code, answer.get_data(as_text=True)


def signed_in(who):
    person = {"ada": ADA, "ben": BEN, "cleo": CLEO, "dee": DEE}.get(who)
    if person is None:
        return {}
    name = "dee" if who == "dee" else "ada"
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{person.password}".encode()).decode()}


@pytest.mark.parametrize(("method", "path", "body", "allowed"), TABLE, ids=lambda v: v if isinstance(v, str) and len(v) < 40 else "")
def test_every_address_by_every_person(shop, method, path, body, allowed):
    for who in sorted(PEOPLE, key=lambda name: name in allowed):
        status, text = ask(shop, method, path, body, signed_in(who))
        if who not in allowed:
            assert status in REFUSED, (who, status, text)
            assert SECRET not in text
        else:
            assert status < 300 or (status == 404 and method in {"DELETE", "MOVE"}) or status in {405, 409}, (who, status, text)
    if allowed == EVERYONE:
        assert SECRET not in text
        assert "Places: 4" not in text


@pytest.mark.parametrize(("method", "path", "body", "allowed"), API, ids=lambda v: v if isinstance(v, str) and len(v) < 60 else "")
def test_every_address_by_every_token(shop, method, path, body, allowed):
    json = {"Content-Type": "application/json"}
    assert ask(shop, method, path, body, json)[0] == 401
    assert ask(shop, method, path, body, {**json, "Authorization": "Bearer drb_wrong"})[0] == 401
    assert ask(shop, method, path, body, {**json, **signed_in("ada")})[0] == 401
    for who in sorted(TOKENS, key=lambda name: name in allowed):
        status, text = ask(shop, method, path, body, {**json, "Authorization": f"Bearer {shop.tokens[who]}"})
        assert (status == 200) == (who in allowed), (who, status, text)
        assert status in {200, 403, 404}


def test_a_revoked_password_and_a_revoked_token_are_out_at_once(shop, clock):
    assert ask(shop, "PROPFIND", "/dav/ada/bread/", FIND, signed_in("ben"))[0] == 207
    read = {"Authorization": f"Bearer {shop.tokens[TOKENS[0]]}"}
    assert ask(shop, "GET", "/api/v1/locations/main/stock", "", read)[0] == 200
    with shop.house.work() as work:
        for password in work.views.app_passwords("ada"):
            work.revoke_app_password(password.id, clock())
        for token in work.views.api_tokens("ada"):
            work.revoke_api_token(token.id, clock())
    assert ask(shop, "PROPFIND", "/dav/ada/bread/", FIND, signed_in("ben"))[0] == 401
    assert ask(shop, "GET", "/api/v1/locations/main/stock", "", read)[0] == 401
