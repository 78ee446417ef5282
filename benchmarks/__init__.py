"""What is timed: dropbridge beside stock Radicale 3.9.0 on the same calendar; never part of the tests."""
