"""Things counted in English, for commands and reports; what customers read has its plurals in the catalogues."""


def counted(n: int, one: str, many: str) -> str:
    """``1 order``, ``2 orders``."""
    return f"{n} {one if n == 1 else many}"
