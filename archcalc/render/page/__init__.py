"""The page to explore: networks in one HTML file that loads nothing.

`content` makes the data, `document` puts them into the page together with its style
and its script, which stand beside this file.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.network.network import Network
from archcalc.render.page.content import content
from archcalc.render.page.document import document

__all__ = ["page"]


def page(networks: Sequence[Network]) -> str:
    """Return one HTML file with networks side by side.

    Raises `UsageError` AC534 where a size stayed a name: the page shows numbers.
    """
    return document(content(networks))
