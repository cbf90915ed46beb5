"""Networks of other libraries as models: read as data, never run."""

from shoal.exports.importing.loading import SUFFIXES, import_model
from shoal.exports.importing.naming import Imported, Wishes

__all__ = ["SUFFIXES", "Imported", "Wishes", "import_model"]
