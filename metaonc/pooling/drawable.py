"""What a result draws of itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Drawable:
    """A result with a forest plot."""

    def forest(self, **options: Any) -> Any:
        """Draw the forest plot of this result: :func:`metaonc.forest` with the same options.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> figure = fit.forest(preset="lancet-oncology")
        >>> figure.savefig("pfs.html")  # doctest: +SKIP
        """
        # The plots come after the pooling, which does without them until somebody asks.
        return import_module("metaonc.plots").forest(self, **options)
