"""What every diagnostic returns; defined beside the results, which have findings of their own."""

from metaonc.pooling.finding import Finding

__all__ = ["Finding"]
