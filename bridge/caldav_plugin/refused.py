"""The one way in which a REPORT's body is declined."""

from bridge.core.errors import Refusal


class QueryRefused(Refusal):
    """The REPORT breaks a precondition of RFC 4791 section 7.8 and is answered as a whole.

    ``precondition`` is its qualified name, ``C:`` standing for CalDAV: ``C:valid-filter``, ``C:supported-filter``,
    ``C:supported-collation``, ``C:supported-calendar-data``, ``C:valid-calendar-data`` or ``C:max-instances``.
    """

    kind = "query-refused"

    def __init__(self, precondition: str, sentence: str) -> None:
        super().__init__(sentence)
        self.precondition = precondition
