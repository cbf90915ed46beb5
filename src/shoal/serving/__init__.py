"""Models behind HTTP, and the gate that lets nobody else in; needs the extra ``lab``."""
