"""Charts, animations and the report: pure functions from records to pictures."""
