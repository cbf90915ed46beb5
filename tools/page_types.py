"""Print the JSON Schema of all that page and host say to each other, for the TypeScript types.

Usage: python tools/page_types.py > schema.json
"""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from shoal.lab.messages import Asked, Told

if __name__ == "__main__":
    schemas = {"Asked": (Asked, "validation"), "Told": (Told, "serialization")}
    definitions: dict[str, object] = {}
    for name, (kind, mode) in schemas.items():
        schema = TypeAdapter(kind).json_schema(
            mode=mode, ref_template=f"#/definitions/{name}_{{model}}"
        )
        own = schema.pop("$defs")
        definitions |= {f"{name}_{key}": value for key, value in own.items()}
        definitions[name] = schema
    print(json.dumps({"type": "object", "definitions": definitions}, indent=1))
