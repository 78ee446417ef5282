"""What a settings line may be called, in English and in the language of the drop."""

from functools import lru_cache

NAMES = {
    "en": {
        "Places": ("places", "place", "capacity", "seats"),
        "Sells": ("sells", "sell", "selling"),
        "Preorder": ("preorder", "pre-order", "preorders", "pre-orders"),
        "Limit": ("limit",),
        "Pickup": ("pickup", "pick-up", "pick up"),
    },
    "de": {
        "Places": ("plätze", "platz", "plaetze"),
        "Sells": ("verkauf", "verkauft", "verkaufe", "angebot"),
        "Preorder": ("vorbestellung", "vorbestellungen", "vorbestellen"),
        "Limit": ("limit", "höchstens", "hoechstens"),
        "Pickup": ("abholung", "abholen"),
    },
    "fr": {
        "Places": ("places", "place"),
        "Sells": ("vente", "ventes", "vend", "vends"),
        "Preorder": ("précommande", "précommandes", "precommande", "precommandes"),
        "Limit": ("limite",),
        "Pickup": ("retrait",),
    },
    "es": {
        "Places": ("plazas", "plaza"),
        "Sells": ("venta", "ventas", "vende", "vendemos"),
        "Preorder": ("reserva", "reservas", "preventa", "prereserva"),
        "Limit": ("límite", "limite"),
        "Pickup": ("recogida",),
    },
}
MEANT = {
    "Places": ("kapazität", "sitzplätze", "capacité", "lugares", "asientos", "cupo", "cupos", "aforo", "capacidad"),
    "Preorder": ("bestellung", "reservierung", "commande", "réservation", "encargo", "encargos", "pedidos"),
    "Limit": ("begrenzung", "limitation", "limitación"),
    "Pickup": ("abholort", "enlèvement"),
}
"""Words that no line is called, by which one is plainly meant."""
WHERE = frozenset(("place", "platz", "plaza"))
"""Names that in the singular rather say where: “Place: Market square” is a setting only before a number."""
BULLET = " \t\u00a0-–—*•·"
"""What may stand before a line in a list."""


@lru_cache(maxsize=16)
def names_of(language: str) -> dict[str, str]:
    """Every name a setting line may begin with, with the setting it means."""
    names = {name: setting for setting, some in NAMES["en"].items() for name in some}
    return names | {name: setting for setting, some in NAMES.get(language, {}).items() for name in some}
