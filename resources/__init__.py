"""Data the program reads: fonts, icons, translations, the example contract."""
