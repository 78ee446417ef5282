"""The organizers' own pages; for now the one that sets a new server up."""
