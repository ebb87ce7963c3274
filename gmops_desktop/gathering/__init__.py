"""Gathers from the services what documents say: the reports know none of them."""
