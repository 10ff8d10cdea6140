"""Reads Terraform's language with python-hcl2: `hcl.py FILE` prints what is in it as JSON, policies as objects.

jsonencode(…) holds an object in that language; read as the value of a key, it is one for python-hcl2 too.
"""

import json
import sys
from pathlib import Path

import hcl2


def plain(value):
    if isinstance(value, dict):
        return {plain(name): plain(inner) for name, inner in value.items() if name != "__is_block__"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str) and value.startswith("${jsonencode(") and value.endswith(")}"):
        text = value.removeprefix("${jsonencode(").removesuffix(")}")
        return plain(hcl2.loads(f"it = {text}\n")["it"])
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        return value[1:-1]
    return value


print(json.dumps(plain(hcl2.loads(Path(sys.argv[1]).read_text()))))
