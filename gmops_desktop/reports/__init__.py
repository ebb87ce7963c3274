"""What a document is made of, and one module per kind of document."""
