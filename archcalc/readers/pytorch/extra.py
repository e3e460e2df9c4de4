"""Whether PyTorch is there, which an extra installs."""

from __future__ import annotations

from archcalc.errors import MissingExtra


def require_torch(what: str = "this") -> None:
    """Raise `MissingExtra` where torch, which something needs, is not installed."""
    try:
        import torch  # noqa: F401  # asked for, not used
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        message = f"{what} needs torch, which is not installed"
        help = "pip install 'archcalc[torch]'"
        raise MissingExtra.of("AC520", message, help=help) from None
