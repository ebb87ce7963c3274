"""Widgets that several pages share; none knows a service or the store."""
