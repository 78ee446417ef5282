"""Words of their own that are a slip of the finger away from what a settings line may be called, by language, without their accents.

“Plates: 24”, “Verkäufer: Anna” and “Retraite : samedi” are said to customers, and nobody is asked about them. These are the common words
of each language that a list of word frequencies has so near to its names and the English ones; inflections of a name are not among them.
"""


def _some(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = {
    "en": _some(
        """
        beats bells cells dells eats feats felling fells gelling heats hells keats kells lace laces meats pace paces palace
        palaces peace placed placer plane planes plate plates recorders reorder sealing seals seams sears seas seat sects sets
        shelling shells sills slats smelling smells snelling spats spelling spells stats sweats swelling swells telling tells
        welling wells yeats yelling yells
        """
    ),
    "de": _some(
        """
        abholer abholzen abholzung abhoren elling erkauft glatz glatze hochste hochstem hochsten hochster hochstes latz plage plat
        plata plath plato platt platte platzer platzes platzt platzte plotz seils seits sella selle senats solling solls verkaufer
        verlauf verlaufe verlauft vorbesteller vorgestellten vorstellen vorstellung vorstellungen vorzustellen
        """
    ),
    "fr": _some(
        """
        dente ends ente evente fente fentes gente gentes glace glaces imite lente lentes liait licite limited mente pente pentes
        placa placee placees placez placo plage plages plaie plaies recommanda recommande recommandee recommandees recommander
        recommandes recommandez rends rente rentes rentrait retraite selle selles sels sente sentes seuls tends tente tentes vante
        vence vendu vendus venge vent venter ventre ventres vents venue venues venus verte vertes veste vestes
        """
    ),
    "es": _some(
        """
        aplaza capacito dimite ende laza lenta lentas limited menta pende penta placa placas plaga plagas plana planas plata
        platas playa playas plazca plazo plazos presenta preserva prevenga recogia renta rentas reventa seais sella selle sello
        sellos senta setas tendemos vena venas vence venda vendas vene venga vengas venia venias vent vento venza verde vesta veta
        vetas
        """
    ),
}


def is_word(folded: str, language: str) -> bool:
    """Whether ``folded``, in small letters without accents, is a word of ``language`` or of English that is no slip."""
    return folded in _WORDS["en"] or folded in _WORDS.get(language, ())
