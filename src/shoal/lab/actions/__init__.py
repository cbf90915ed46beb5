"""What a page can ask for beside looks: one entry a message, one module a capability.

An action runs in a thread of the studio, tells how far it is, and looks whether it is dropped.
"""
