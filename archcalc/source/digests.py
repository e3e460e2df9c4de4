"""Digests of bytes, from the interpreter's own module where it has one.

`hashlib` gives the same function, and loads OpenSSL for its others: a tenth of what
`archcalc list` takes.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another interpreter
    from hashlib import blake2b

DIGEST_BYTES = 16


def digest(*parts: bytes) -> bytes:
    """Return 16 bytes that tell these bytes, joined, from others."""
    return blake2b(b"".join(parts), digest_size=DIGEST_BYTES).digest()
