"""The tests. A package, so that a foreign ``tests`` among the installed ones cannot take its place."""
