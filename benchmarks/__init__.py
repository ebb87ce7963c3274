"""What the program's speed is, measured against the stock tools: `python3 dev.py bench`."""
