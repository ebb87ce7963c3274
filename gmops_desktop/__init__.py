"""The operations engineer's one window: this package is the work, without a widget."""
