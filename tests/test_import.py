"""Importing metaonc changes nothing for the caller and loads nothing heavy."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import metaonc as mo

ROOT = Path(mo.__file__).resolve().parent.parent


def run(code: str) -> Any:
    """What a fresh Python prints as JSON after running the code, with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STATE = """
import json, locale, logging, os, random, warnings
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot, numpy as np, pandas, scipy.special, pydantic
import statsmodels.stats.proportion

def state():
    import matplotlib.pyplot as plt
    return {
        "numpy errors": str(np.geterr()),
        "numpy print": str(np.get_printoptions()),
        "numpy random": str(np.random.get_state()),
        "random": hash(random.getstate()),
        "filters": [str(entry) for entry in warnings.filters],
        "rcParams": {key: str(value) for key, value in matplotlib.rcParams.items()},
        "backend": matplotlib.get_backend(),
        "figures": plt.get_fignums(),
        "pandas": str(pandas.get_option("display.max_rows", )),
        "locale": locale.setlocale(locale.LC_ALL),
        "folder": os.getcwd(),
        "environment": sorted(os.environ),
        "loggers": str(logging.getLogger().handlers),
        "font folders": len(matplotlib.font_manager.fontManager.ttflist),
    }

before = state()
{import}
between = state()
{use}
after = state()
changed = [key for key in before if not before[key] == between[key] == after[key]]
print(json.dumps(changed))
"""
USE = """
import io
registry = mo.load_registry()
for name in ("pfs", "cbr", "cbr-experimental", "orr"):
    effects = registry.effects(name)
    fit = mo.pool(effects)
    fit.summary(), repr(fit), fit.to_frame(), fit.to_dict(), fit.methods()
    fit.tau2_interval(), fit.prediction_interval(), effects.to_frame()
mo.forest(fit).savefig(io.BytesIO(), format="pdf")
mo.subgroups(registry.effects("pfs"), by="agent")
mo.effect_sizes("OR", pandas.DataFrame({"events_1": [0], "n_1": [9], "events_2": [2], "n_2": [9]}))
"""


def test_nothing_changes_for_the_caller() -> None:
    """STYLE: no `np.seterr`, `rcParams`, warning filter or seed, neither on import nor in use."""
    code = STATE.replace("{import}", "import metaonc as mo").replace("{use}", USE)
    assert run(code) == []


@pytest.mark.parametrize(
    "code", ["import metaonc", "import metaonc; dir(metaonc); metaonc.__version__; repr(metaonc)"]
)
def test_import_loads_nothing_heavy(code: str) -> None:
    """DESIGN: nothing heavy until it is used."""
    heavy = ["numpy", "scipy", "pandas", "matplotlib", "statsmodels", "pydantic", "forestplot"]
    heavy += ["docutils", "sphinx"]
    loaded = run(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")
    assert [name for name in heavy if name in loaded] == []


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("metaonc.PoolingError", ["numpy", "pydantic"]),
        ("metaonc.Effects([0.1, 0.2], [1, 1])", ["pandas", "matplotlib", "statsmodels"]),
        (
            "metaonc.pool(metaonc.Effects([0.1, 0.2], [1, 1]))",
            ["pandas", "matplotlib", "statsmodels"],
        ),
        ("metaonc.load_registry()", ["pandas", "matplotlib", "statsmodels"]),
    ],
)
def test_a_step_loads_only_what_it_needs(code: str, absent: list[str]) -> None:
    """Frames and figures are for those who ask for them."""
    loaded = run(f"import metaonc\n{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))")
    assert [name for name in absent if name in loaded] == []


@pytest.mark.parametrize("name", mo.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """And stands in `dir()`, with a docstring."""
    assert getattr(mo, name).__doc__
    assert name in dir(mo)


def test_public_names_are_listed_once_and_in_order() -> None:
    """`from metaonc import *` gives exactly these."""
    assert list(mo.__all__) == sorted(set(mo.__all__))
    found: dict[str, Any] = {}
    exec("from metaonc import *", found)
    assert sorted(name for name in found if not name.startswith("_")) == sorted(mo.__all__)


def test_a_name_is_the_object_of_its_room() -> None:
    """No second class behind the door."""
    assert mo.pool is importlib.import_module("metaonc.pooling").pool
    assert mo.Effects is importlib.import_module("metaonc.effects").Effects


def test_unknown_names_are_refused_like_those_of_any_module() -> None:
    """The whole sentence, and nothing is kept."""
    with pytest.raises(AttributeError) as raised:
        mo.pol  # noqa: B018
    assert str(raised.value) == "module 'metaonc' has no attribute 'pol'"
    assert not hasattr(mo, "pol")


def test_every_error_is_a_metaonc_error() -> None:
    """One name catches them all, and each is a ValueError too."""
    for name in ("EffectsError", "PlanError", "PlotError", "PoolingError", "RecordError"):
        error = getattr(mo, name)
        assert issubclass(error, mo.MetaoncError)
        assert issubclass(error, ValueError)
