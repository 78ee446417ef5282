"""A real Tryton for the tests: made once, copied for each test that wants to change it."""
