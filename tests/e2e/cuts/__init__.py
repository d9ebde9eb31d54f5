"""Applies that are cut short on real hosts, in every way that a line, a laptop or a shell can end; and what is left."""
