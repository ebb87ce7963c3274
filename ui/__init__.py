"""The window: one tab per file or folder, and the widgets they share."""
