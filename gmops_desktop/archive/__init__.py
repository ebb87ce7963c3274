"""The archive file and its digests."""
