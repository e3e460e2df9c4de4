"""Formats of others, read as specs: one module a format, found by a file's ending.

`read_source` is where every command and the Python API read the file of a network. A
reader gives a `Model`; `spec` writes the YAML of it, which then is read as any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from archcalc.errors import UsageError
from archcalc.limits import DEFAULT, Limits
from archcalc.source.parser import Source, parse, read
from archcalc.source.text import display_name, opened

if TYPE_CHECKING:
    from mmap import mmap

    from archcalc.readers.model import Model, Shapes
    from archcalc.readers.pytorch.objects import Named

    Buffer = mmap | bytes

NOT_READ = "AC593"
EXPORT = "torch.onnx.export(model, (example,), 'model.onnx')"
PICKLED = (
    "it is a pickle, and reading one can run code. Name the class of the module "
    f"(mine.py:Net --input 3x224x224), or export the model: {EXPORT}. For its weights "
    "alone, name a function that returns torch.load(FILE, map_location='meta', "
    "weights_only=True), or save them as safetensors"
)
HDF5 = (
    "load it with Keras and write it again: "
    'keras.saving.load_model("model.h5").save("model.keras"); a file of weights alone '
    "holds no graph"
)
REFUSED = {
    ".pt": PICKLED,
    ".pth": PICKLED,
    ".ckpt": PICKLED,
    ".bin": PICKLED,
    ".h5": HDF5,
    ".hdf5": HDF5,
    ".pb": "export the model as ONNX: `python -m tf2onnx.convert --graphdef`",
    ".mlmodel": "export the model that it was made from as ONNX",
}
"""Formats that are not read, by their endings, and what to do instead."""


def _onnx(data: Buffer, name: str, limits: Limits) -> Model:
    from archcalc.readers.onnx.file import read_onnx

    return read_onnx(data, name, limits)


def _caffe(data: Buffer, name: str, limits: Limits) -> Model:
    from archcalc.readers.described.caffe import read_caffe

    return read_caffe(data, name, limits)


def _darknet(data: Buffer, name: str, limits: Limits) -> Model:
    from archcalc.readers.described.darknet import read_darknet

    return read_darknet(data, name, limits)


def _json(data: Buffer, name: str, limits: Limits) -> Model | Source:
    from archcalc.readers.json_file import read_json

    return read_json(data, name, limits)


def _keras(data: Buffer, name: str, limits: Limits) -> Model:
    from archcalc.readers.keras.file import read_archive

    return read_archive(data, name, limits)


def _safetensors(data: Buffer, name: str, limits: Limits) -> NoReturn:
    from archcalc.readers.weights.files import refused

    raise refused(".safetensors", data, name, limits)


def _gguf(data: Buffer, name: str, limits: Limits) -> NoReturn:
    from archcalc.readers.weights.files import refused

    raise refused(".gguf", data, name, limits)


READERS: dict[str, Callable[[Buffer, str, Limits], Model | Source]] = {
    ".onnx": _onnx,
    ".prototxt": _caffe,
    ".cfg": _darknet,
    ".json": _json,
    ".keras": _keras,
    ".safetensors": _safetensors,
    ".gguf": _gguf,
}
"""The reader of each format, by the ending of its files."""


def ending(path: str | os.PathLike[str]) -> str:
    """Return the ending of a path, in small letters."""
    return os.path.splitext(os.fsdecode(path))[1].lower()


def is_model(path: str | os.PathLike[str]) -> bool:
    """Say whether a file is a model in a format of others that is read."""
    return ending(path) in READERS


def read_source(path: str | os.PathLike[str], limits: Limits = DEFAULT) -> Source:
    """Return the spec in a YAML file, or the one that a model's file stands for.

    Raises `UsageError` AC593 for a format that is not read, AC591 (`WeightsAlone`) for
    weights without a graph; else as `source.read`.
    """
    name = display_name(path)
    _refuse(path)
    if not is_model(path):
        return read(path, limits)
    from mmap import ACCESS_READ, mmap

    if READERS[ending(path)] in (_safetensors, _gguf):
        _refuse_parts(path, limits)
    with opened(path) as descriptor:
        if os.fstat(descriptor).st_size == 0:
            return source_of(b"", path, name, limits)
        with mmap(descriptor, 0, access=ACCESS_READ) as data:
            return source_of(data, path, name, limits)


def source_of(
    data: Buffer, path: str | os.PathLike[str], name: str, limits: Limits = DEFAULT
) -> Source:
    """Return the spec in the bytes of a file; its path says which format it is."""
    _refuse(path)
    reader = READERS.get(ending(path))
    if reader is None:
        return parse(bytes(data), name, limits)
    found = reader(data, name, limits)
    return found if isinstance(found, Source) else written(found, name, limits)


def written(model: Model, name: str, limits: Limits = DEFAULT) -> Source:
    """Return the spec of a model; errors call it `name`."""
    from archcalc.readers.patterns import simplified
    from archcalc.readers.spec import spec_text

    return parse(spec_text(simplified(model), limits), name, limits)


def is_module(given: object) -> bool:
    """Say whether an object is a `torch.nn.Module`, without importing torch."""
    return any(
        base.__name__ == "Module" and base.__module__ == "torch.nn.modules.module"
        for base in type(given).__mro__
    )


def object_named(name: object, anywhere: bool = False) -> Named | None:
    """Return the Python object that a text names, None where it names a file.

    `anywhere` takes a module without a dot too.
    """
    if not isinstance(name, str) or ":" not in name:
        return None
    if "." not in name.rpartition(":")[0] and not anywhere:
        return None
    from archcalc.readers.pytorch.objects import named

    return named(name, anywhere)


def refused_import(name: object) -> UsageError:
    """Return the error AC594 of a module that a file names: files run no code."""
    message = f"{name} is a PyTorch module, and to import it runs its code"
    return UsageError.of("AC594", message, help="--allow-import allows it")


def module_source(
    given: object,
    shapes: Shapes | None,
    arguments: Mapping[str, Any],
    limits: Limits = DEFAULT,
) -> Source:
    """Return the spec of a `torch.nn.Module`, or of what a Python object makes.

    `shapes` gives the sizes of the inputs by their names. A name is imported, which
    runs its code. Raises `MissingExtra` without torch, `UsageError` AC595 to AC599
    where there is no module or PyTorch cannot export it.
    """
    from archcalc.readers.pytorch.extra import require_torch

    require_torch("reading a PyTorch module")
    from archcalc.readers.pytorch.export import read_module
    from archcalc.readers.pytorch.objects import Named, module_of

    if isinstance(given, Named):
        made = module_of(given, arguments)
        return written(
            read_module(made, shapes, limits, str(given)), str(given), limits
        )
    name = type(given).__name__
    return written(read_module(given, shapes, limits), name, limits)


def _refuse_parts(path: str | os.PathLike[str], limits: Limits) -> None:
    """Refuse weights in the files of a pattern, where a network is asked for."""
    from archcalc.readers.weights.files import is_pattern, read_pattern
    from archcalc.readers.weights.record import WeightsAlone

    if is_pattern(path):
        raise WeightsAlone.holding(read_pattern(path, limits))


def _refuse(path: str | os.PathLike[str]) -> None:
    """Refuse a format that is not read."""
    known = ending(path)
    if known in REFUSED:
        message = f"cannot read `{display_name(path)}`: {known} files are not read"
        raise UsageError.of(NOT_READ, message, help=REFUSED[known])
