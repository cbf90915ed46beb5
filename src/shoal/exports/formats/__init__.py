"""One module for each format: what it writes, and how it is proved."""
