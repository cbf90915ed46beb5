"""What a model rests on: columns dealt out anew, curves, and the parts of one answer."""
