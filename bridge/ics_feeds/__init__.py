"""Public feeds and live stock."""
