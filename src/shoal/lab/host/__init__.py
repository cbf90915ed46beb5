"""The page host: the lab in a browser of this machine, behind the gate of `shoal.serving`.

A page, a few files that belong to it, and one WebSocket: no address takes a path or a parameter.
"""
