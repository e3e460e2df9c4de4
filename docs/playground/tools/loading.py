"""Import every module of the engine with the library of the build, inside Pyodide.

A module that the library lacks is found here, and not on the page. What needs pydantic
or rich is not called by the page.
"""

from importlib import import_module
from pathlib import Path

APART = {"pydantic", "rich"}
PLACE = Path("/app")

missing = []
for path in sorted(PLACE.rglob("*.pyc")):
    name = ".".join(path.relative_to(PLACE).with_suffix("").parts)
    try:
        import_module(name.removesuffix(".__init__"))
    except ModuleNotFoundError as error:
        if name == "yaml.cyaml" or str(error.name).partition(".")[0] in APART:
            continue
        missing.append(f"{name}: {error}")
if missing:
    raise ImportError("\n".join(missing))
