"""What ``--json`` prints: a JSON Schema for every command, with the meaning of every member.

Printed by ``shoal schema COMMAND``, and held against what the commands print by the tests.
The table costs nothing; `shoal.cli.documents.assembling` makes schemas of it.
"""

from shoal.cli.documents.table import DOCUMENTS, Document

__all__ = ["DOCUMENTS", "Document"]
