"""A PyTorch module named on a command line: `torchvision.models:resnet50`.

Importing runs code of the user's, so that it happens only for a text that cannot mean
anything else: a dotted module or a `.py` file, a colon, and the name of an object.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, NamedTuple

from archcalc.errors import UsageError, clean, suggestion

WORD = r"[A-Za-z_]\w*"
NAME = rf"(?P<name>{WORD}(\.{WORD})*)"
IN_FILE = re.compile(rf"(?P<where>.+\.py):{NAME}")
IN_MODULE = re.compile(rf"(?P<where>{WORD}(\.{WORD})+):{NAME}")
ANYWHERE = re.compile(rf"(?P<where>{WORD}(\.{WORD})*):{NAME}")
SPEC_ENDINGS = ("yaml", "yml", "json", "onnx")
"""Endings of files whose variants are named after a colon too."""


class Named(NamedTuple):
    """An object of a module or of a `.py` file."""

    where: str
    name: str
    file: bool

    def __str__(self) -> str:
        return f"{self.where}:{self.name}"


def named(text: str, anywhere: bool = False) -> Named | None:
    """Return the object that a text names, None where it names something else.

    `anywhere` takes a module without a dot too, as `--module` asks for.

    >>> named("torchvision.models:resnet50")
    Named(where='torchvision.models', name='resnet50', file=False)
    >>> named("resnet50:v1.5"), named("mine.yaml:small")
    (None, None)
    """
    match = IN_FILE.fullmatch(text)
    if match is not None:
        return Named(match["where"], match["name"], file=True)
    match = (ANYWHERE if anywhere else IN_MODULE).fullmatch(text)
    if match is None or match["where"].rpartition(".")[2] in SPEC_ENDINGS:
        return None
    return Named(match["where"], match["name"], file=False)


def module_of(target: Named, arguments: Mapping[str, Any], meta: bool = True) -> Any:
    """Import an object; return it, or what it makes, as a `torch.nn.Module`.

    A class or function is called with `arguments`. With `meta`, weights take no memory.
    Raises `UsageError` AC595 where there is no such object, AC596 where its code fails,
    AC597 where it is no module and makes none, AC591 (`WeightsAlone`) for a state dict.
    """
    from torch import nn

    found = _attribute(target, _imported(target))
    _refuse_state(found, target)
    if isinstance(found, nn.Module):
        if arguments:
            message = f"{target} is already a module; it takes no arguments"
            raise UsageError.of("AC597", message)
        return found
    if not callable(found):
        kind = type(found).__name__
        raise UsageError.of(
            "AC597", f"{target} is of type {kind}, not a torch.nn.Module"
        )
    with _without_memory() if meta else nullcontext():
        made = _ran(found, target, f"{target}({_shown(arguments)})", arguments)
    _refuse_state(made, target)
    if not isinstance(made, nn.Module):
        kind = type(made).__name__
        message = f"{target} returns a value of type {kind}, not a torch.nn.Module"
        raise UsageError.of("AC597", message)
    return _on_meta(made.eval()) if meta else made.eval()


def _refuse_state(found: object, target: Named) -> None:
    """Raise `WeightsAlone` for a state dict, which has no graph."""
    from archcalc.readers.pytorch.state import is_state, read_state

    if is_state(found):
        from archcalc.readers.weights.record import WeightsAlone

        raise WeightsAlone.holding(read_state(found, str(target)))


def _imported(target: Named) -> ModuleType:
    """Return a module by its name, or the one of a file."""
    if not target.file:
        folder = os.getcwd()
        if folder not in sys.path:
            sys.path.insert(0, folder)
        importing = f"import {target.where}"
        found: ModuleType = _ran(
            importlib.import_module, target, importing, {}, target.where
        )
        return found
    path = Path(target.where)
    if not path.is_file():
        raise UsageError.of("AC595", f"there is no file {target.where!r}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    _ran(spec.loader.exec_module, target, f"running {target.where}", {}, module)
    return module


def _attribute(target: Named, module: ModuleType) -> Any:
    """Return an object of a module by its dotted name."""
    found: Any = module
    for part in target.name.split("."):
        if not hasattr(found, part):
            known = [n for n in dir(found) if not n.startswith("_")]
            help = suggestion(part, known, "names in it", most=12)
            raise UsageError.of("AC595", f"{target.where} has no {part!r}", help=help)
        found = getattr(found, part)
    return found


def _ran(
    function: Any, target: Named, what: str, arguments: Mapping[str, Any], *given: Any
) -> Any:
    """Call the user's code; its errors are told with the place that raised them."""
    try:
        with to_stderr():
            return function(*given, **arguments)
    except (Exception, SystemExit) as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name is not None
        if missing and target.where.startswith(str(error.name)):  # type: ignore[union-attr]  # it is one
            message = f"there is no module {error.name!r}"  # type: ignore[union-attr]  # it is one
            help = "install its package, or go to the folder that holds it"
            raise UsageError.of("AC595", message, help=help) from None
        raise UsageError.of("AC596", failed(what, error), facts=places(error)) from None


def to_stderr() -> redirect_stdout[Any]:
    """Return a context in which what the user's code prints is not our output."""
    return redirect_stdout(sys.stderr)


def failed(what: str, error: BaseException) -> str:
    """Return what was done and the first line of what it raised."""
    lines = str(error).strip().splitlines()
    told = f": {clean(lines[0])[:200]}" if lines else ""
    return f"{what} raised {type(error).__name__}{told}"


def places(error: BaseException) -> tuple[str, ...]:
    """Return the last line of the user's own code that led to an error."""
    found = own_frames(error.__traceback__)
    if not found:
        return ()
    frame = found[-1]
    return (f"{shortened(frame.filename)}:{frame.lineno}: {frame.line}",)


def own_frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    """Return the frames of a traceback that are neither archcalc's nor PyTorch's."""
    own = f"{os.sep}archcalc{os.sep}", f"{os.sep}torch{os.sep}", "<frozen", "importlib"
    frames = traceback.extract_tb(trace)
    return [f for f in frames if not any(part in f.filename for part in own)]


def shortened(path: str) -> str:
    """Return a path as seen from the current folder, or its last three parts."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return os.sep.join(Path(path).parts[-3:])


def _without_memory() -> Any:
    """Return a mode in which weights that are to be filled later take no memory."""
    import torch
    from torch.overrides import TorchFunctionMode

    class EmptyOnMeta(TorchFunctionMode):
        """Sends `torch.empty` to the meta device.

        Only that: a constructor may read what other functions make.
        """

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = dict(kwargs or {})
            if func is torch.empty and kwargs.get("device") is None:
                kwargs["device"] = "meta"
            return func(*args, **kwargs)

    return EmptyOnMeta()


def _on_meta(module: Any) -> Any:
    """Return a module with all of its tensors on the meta device, where weights are.

    Running means of norms are filled at once, so `EmptyOnMeta` leaves them on the CPU;
    so are tensors that are plain attributes. PyTorch refuses to mix the two devices.
    """
    import torch

    for part in module.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, torch.Tensor):
                setattr(part, name, value.to("meta"))
    return module.to("meta")


def read_arguments(given: Iterable[str]) -> dict[str, Any]:
    """Return the arguments `depth=50` as Python values; other words are texts.

    Raises `UsageError` AC598 for one without `=`.
    """
    import ast

    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier():
            message = f"--arg {text} has no value"
            raise UsageError.of("AC598", message, help="write --arg depth=50")
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[name] = value
    return found


def _shown(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
