"""The sockets that tell people something: each fills ``Notifier``."""
