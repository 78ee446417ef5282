"""Face: the pages customers see."""
