"""Millions of meta-analyses: arrays in, arrays out."""

from metaonc.batch.many import pool_many
from metaonc.batch.result import PooledMany

__all__ = ["PooledMany", "pool_many"]
