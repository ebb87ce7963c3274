"""Questions and answers in front of the window."""
