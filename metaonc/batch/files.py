"""`PooledMany` in one file, there and back without loss."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from metaonc._version import __version__
from metaonc.effects import stored
from metaonc.errors import PoolingError
from metaonc.pooling.choices import Choices

if TYPE_CHECKING:
    from metaonc.batch.result import PooledMany

_KIND = "many pooled results"
_ABOUT = "about"
_WAY_OUT = "write one with PooledMany.save()"


def write_many(result: PooledMany, path: str | Path) -> None:
    """Write arrays, choices and their digests."""
    arrays = {
        f.name: np.asarray(getattr(result, f.name))
        for f in fields(result)
        if f.name != "choices" and getattr(result, f.name) is not None
    }
    content = {
        "metaonc_version": __version__,
        "choices": asdict(result.choices),
        "arrays": {name: _digest(values) for name, values in arrays.items()},
    }
    text = stored.text_of(stored.sealed(_KIND, content))
    with Path(path).open("wb") as file:  # a path alone would be given the ending .npz
        np.savez(file, allow_pickle=False, **{_ABOUT: np.array(text)}, **arrays)


def read_many(path: str | Path) -> dict[str, Any]:
    """The fields of the result in a file, each array checked against its digest.

    Raises
    ------
    PoolingError
        In one sentence that names the file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        document = json.loads(str(arrays.pop(_ABOUT)))
    except (BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError) as wrong:
        raise PoolingError(f"{path} does not hold {_KIND}; {_WAY_OUT}.") from wrong

    def read(content: dict[str, Any]) -> dict[str, Any]:
        if content["arrays"] != {name: _digest(values) for name, values in arrays.items()}:
            raise PoolingError("its arrays do not match their digests; pool the data again")
        for values in arrays.values():
            values.flags.writeable = False
        return {"choices": Choices(**content["choices"]), **arrays}

    try:
        return stored.opened(document, _KIND, read, PoolingError)
    except PoolingError as wrong:
        raise PoolingError(f"{path}: {wrong}") from wrong


def _digest(values: np.ndarray[Any, Any]) -> str:
    """SHA-256 of the type, the shape and the numbers of an array."""
    whole = np.ascontiguousarray(values)
    little = whole.astype(whole.dtype.newbyteorder("<"), copy=False)
    head = f"{little.dtype.str}{little.shape}".encode()
    return "sha256:" + hashlib.sha256(head + little.tobytes()).hexdigest()
