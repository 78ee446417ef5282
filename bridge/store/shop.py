"""What drops sell: terms, products and pictures."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Text, bindparam, delete, exists, select, update

from bridge.core.ports_shop import Picture, PictureFile
from bridge.core.terms import Product, Terms
from bridge.store import rows_shop
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.dialect import insert_into, upsert_for
from bridge.store.prepared import Prepared, at_once

_FORMATS = ("avif", "webp", "jpg")
_p, _f, _s, _o = shop.pictures.c, shop.picture_files.c, t.slots.c, t.offers.c
TERMS = Prepared(select(shop.terms.c.described).where(shop.terms.c.drop_id == bindparam("drop")))
PRODUCTS = Prepared(select(shop.products).where(shop.products.c.drop_id == bindparam("drop")).order_by(shop.products.c.position))
_OF_PICTURE = Prepared(select(shop.pictures).where(among(_p.digest, kind=Text)).order_by(_p.id))
_SIZES = Prepared(select(_f.picture_id, _f.width, _f.format).where(among(_f.picture_id)).order_by(_f.width))
# Whoever uploaded it: the same digest is the same picture.
_FILE = (
    select(_f.content)
    .join(shop.pictures, _p.id == _f.picture_id)
    .where(_p.digest == bindparam("digest"), _f.width == bindparam("width"), _f.format == bindparam("format"))
    .limit(1)
)
_LIVE = (_s.drop_id == bindparam("drop"), _s.removed_at.is_(None))
_LOCK = select(_s.id).where(*_LIVE).order_by(_s.id).with_for_update(key_share=True)
_SELLING = exists().where(_o.slot_id == _s.id, among(_o.sku, "skus", Text))
_TOUCH = update(t.slots).where(*_LIVE, _SELLING).values(version=_s.version + 1)


def terms_of(told: Sequence[Any], sold: Iterable[Any]) -> Terms:
    """The terms of a drop, from the rows of ``TERMS`` and ``PRODUCTS``; the defaults when nobody described it."""
    return rows_shop.terms(told[0].described, sold) if told else Terms()


class ShopViews:
    """Reads terms and pictures."""

    def __init__(self, connection: Db) -> None:
        self._db = connection

    def terms(self, drop_id: int) -> Terms:
        """The terms of a drop; the defaults when nobody described it."""
        asked = {"drop": drop_id}
        (told, _), (sold, _) = at_once(self._db, [(TERMS, asked), (PRODUCTS, asked)])
        return terms_of(told, sold)

    def location_name(self, location_id: int) -> str:
        """What the location is called."""
        return str(self._db.execute(select(t.locations.c.name).where(t.locations.c.id == location_id)).scalar_one())

    def pictures(self, digests: Sequence[str]) -> dict[str, Picture]:
        """Those of the pictures that are stored, whoever uploaded them."""
        found = {row.digest: row for row in _OF_PICTURE.all(self._db, {"keys": list(digests)})} if digests else {}
        sizes: dict[int, dict[str, list[int]]] = {row.id: {} for row in found.values()}
        for file in _SIZES.all(self._db, {"keys": list(sizes)}) if sizes else ():
            sizes[file.picture_id].setdefault(file.format, []).append(file.width)
        return {
            digest: Picture(digest, row.width, row.height, row.color, _in_order(sizes[row.id])) for digest, row in found.items()
        }

    def picture_file(self, digest: str, width: int, format: str) -> bytes | None:
        """The file, None when there is none."""
        return self._db.execute(_FILE, {"digest": digest, "width": width, "format": format}).scalar()

    def has_picture(self, organizer_id: int, digest: str) -> bool:
        """Whether this organizer has uploaded the picture."""
        return self._db.execute(select(_p.id).where(_p.organizer_id == organizer_id, _p.digest == digest)).first() is not None


class Shop:
    """Writes them. Whoever writes a drop's terms has locked the drop first."""

    leaves_dirty = False

    def __init__(self, db: Db) -> None:
        self._db = db

    def save_terms(self, drop_id: int, terms: Terms, now: datetime) -> None:
        """Replaces the terms of a drop; products that keep their SKU keep their row."""
        values = {"drop_id": drop_id, "described": rows_shop.described(terms), "changed_at": now}
        self._db.execute(upsert_for(self._db.dialect.name, shop.terms), values)
        c = shop.products.c
        self._db.execute(delete(shop.products).where(c.drop_id == drop_id, c.sku.not_in([one.sku for one in terms.products])))
        for position, product in enumerate(terms.products):
            self._save_product(drop_id, position, product)

    def _save_product(self, drop_id: int, position: int, product: Product) -> None:
        values = {"position": position, **rows_shop.product_values(product)}
        statement = insert_into(self._db, shop.products).values(drop_id=drop_id, **values)
        self._db.execute(statement.on_conflict_do_update(index_elements=["drop_id", "sku"], set_=values))

    def lock_slots(self, drop_id: int) -> None:
        """Locks the live slots of a drop, by id."""
        self._db.execute(_LOCK, {"drop": drop_id}).all()

    def touch_slots(self, drop_id: int, skus: Iterable[str]) -> None:
        """Has the live slots of a drop that sell one of ``skus`` looked at again by the clock."""
        if self._db.execute(_TOUCH, {"drop": drop_id, "skus": sorted(skus)}).rowcount:
            self.leaves_dirty = True

    def add_picture(self, organizer_id: int, picture: Picture, files: Iterable[PictureFile], now: datetime) -> None:
        """Stores a picture of an organizer's; one that is there already is left alone."""
        facts = {"digest": picture.digest, "width": picture.width, "height": picture.height, "color": picture.color, "created_at": now}
        statement = insert_into(self._db, shop.pictures).values(organizer_id=organizer_id, **facts)
        key = self._db.execute(statement.on_conflict_do_nothing().returning(_p.id)).scalar()
        if key is not None:
            self._db.execute(shop.picture_files.insert(), [{"picture_id": key, **file._asdict()} for file in files])


def _in_order(widths: dict[str, list[int]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(widths[name])) for name in _FORMATS if name in widths)
