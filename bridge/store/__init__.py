"""SQLAlchemy Core; fills ``UnitOfWork`` and ``Views``."""
