"""Models to and from other formats: each export carries test vectors and proves itself."""
