"""Sockets of money: each module fills ``Payments`` of ``bridge.core.sockets`` for one provider."""
