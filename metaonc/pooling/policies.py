"""Policies: named, dated, frozen sets of choices. A result carries the one it was made with."""

from __future__ import annotations

from dataclasses import dataclass

from metaonc.errors import PoolingError
from metaonc.kernels import IntervalMethod, Model


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What `pool` does where the caller does not say.

    Attributes
    ----------
    name : str
        Name with its year; a policy never changes, a new one gets a new name.
    model : {"fixed", "random"}
        Common effect or random effects.
    tau2 : str
        Estimator of the between-study variance.
    ci : str
        Interval of the mean; ``"auto"`` is Hartung-Knapp where tau² > 0 and k > 2, else Wald.
    level : float
        Confidence level.
    source : str
        Where the choices come from.
    """

    name: str
    model: Model
    tau2: str
    ci: IntervalMethod
    level: float
    source: str


POLICIES = {
    policy.name: policy
    for policy in (
        Policy(
            name="metaonc-2026",
            model="random",
            tau2="REML",
            ci="auto",
            level=0.95,
            source=(
                "Cochrane RevMan's methods of 2025: random effects, REML, Hartung-Knapp-Sidik-"
                "Jonkman interval where tau² > 0 and k > 2 and Wald otherwise, prediction interval "
                "of Higgins, Thompson and Spiegelhalter where k > 2, I² from tau²."
            ),
        ),
    )
}
DEFAULT_POLICY = POLICIES["metaonc-2026"]


def policy_named(name: str | None) -> Policy:
    """Return the policy with this name; the default for None.

    Raises
    ------
    PoolingError
        If there is none.
    """
    if name is None:
        return DEFAULT_POLICY
    if name not in POLICIES:
        raise PoolingError(f"no policy {name!r}; the policies are {', '.join(POLICIES)}.")
    return POLICIES[name]
