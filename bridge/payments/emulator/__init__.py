"""Stripe, as far as dropbridge uses it, as a program of its own: for demos and tests, where no Stripe can be reached.

``python -m bridge.payments.emulator --help`` says how to run it. No part of the server imports it. It moves no money, and
whoever reaches its address may do anything with it: it belongs on the loopback interface.
"""
