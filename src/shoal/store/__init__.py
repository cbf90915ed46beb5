"""The store: an SQLite index and a folder for each run; it sees records, never training."""
