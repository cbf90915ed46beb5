"""The lab: sessions of a page or a notebook widget, and the two hosts that carry them.

A session is an experiment plus a position on its tape, and all of it travels with each message,
so that a server which begins anew goes on where the one before was.
"""
