"""The example website: its schema, its words, and the program that serves it."""
