"""Money in our minor units, and in those that Stripe's API takes: they differ for some currencies.

https://docs.stripe.com/currencies, sections zero-decimal, three-decimal and special cases. Ours are those of CLDR.
"""

from collections.abc import Callable

from bridge.core.errors import PermanentFault

ZERO_DECIMAL = frozenset({"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"})
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Their last digit has to be 0."""

WHOLE = frozenset({"ISK"})
"""Written with two decimals, which have to be 00."""

CONTRADICTED = frozenset({"UGX"})
"""Stripe's page lists it as zero-decimal and asks for two decimals: a factor of a hundred that nobody should guess."""


class Units:
    """Converts exactly or not at all. ``minor_digits`` are the decimals of our own minor unit of a currency."""

    def __init__(self, minor_digits: Callable[[str], int]) -> None:
        self._ours = minor_digits

    def to_stripe(self, amount: int, currency: str) -> int:
        """What to ask Stripe for. Raises ``PermanentFault`` when Stripe cannot take just this amount."""
        code = currency.upper()
        if code in CONTRADICTED or (self._ours(code) > 2 and code not in THREE_DECIMAL):
            raise PermanentFault(f"Stripe's rules for amounts in {code} are not certain: sell in another currency, or be paid at pickup.")
        up, down = self._factors(code)
        taken, rest = divmod(amount * up, down)
        if rest or taken % self._step(code):
            raise PermanentFault(f"Stripe takes no such small parts of {code}: round the prices, {self._rounding(code)}.")
        return taken

    def from_stripe(self, amount: int, currency: str) -> int:
        """What Stripe speaks of; parts of our minor unit are left out."""
        up, down = self._factors(currency.upper())
        return amount * down // up

    def _factors(self, code: str) -> tuple[int, int]:
        """What ours is multiplied with and divided by to be theirs."""
        further = _decimals(code) - self._ours(code)
        return int("1".ljust(1 + max(0, further), "0")), int("1".ljust(1 + max(0, -further), "0"))

    @staticmethod
    def _step(code: str) -> int:
        return 10 if code in THREE_DECIMAL else 100 if code in WHOLE else 1

    @staticmethod
    def _rounding(code: str) -> str:
        return "to two decimals" if code in THREE_DECIMAL else "to whole amounts"


def _decimals(code: str) -> int:
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
