"""Policies: named, dated, frozen sets of choices. A result carries the one it was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metaonc.errors import PoolingError
from metaonc.kernels import Model

HeterogeneityFrom = Literal["tau2", "q"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What `pool` does where the caller does not say.

    Attributes
    ----------
    name : str
        Name with its year or version; a policy never changes, a new one gets a new name.
    program : str
        What it imitates, with version and year.
    model : {"fixed", "random"}
        Common effect or random effects.
    tau2 : str
        Estimator of the between-study variance.
    ci : str
        Interval of the mean; ``"auto"`` is Hartung-Knapp where tau² > 0 and k > 2, else Wald;
        ``"hksj-iqwig"`` is Hartung-Knapp, widened where it is narrower than the Wald interval of
        DerSimonian and Laird.
    level : float
        Confidence level.
    prediction : str or None
        Prediction interval, by its name in `PooledResult.prediction_interval`; None for none.
    min_k_prediction : int
        Fewest studies for which there is one.
    i2 : {"tau2", "q"}
        What I² and H² of random effects come from. Those of a fixed effect come from Q.
    sparse : str or None
        Model of counts for log odds and log rates of single arms if a study has no event, or
        nothing but events, and the caller names neither `model`, `tau2` nor `ci`; None to pool
        these like any others.
    source : str
        Where the choices come from.
    differences : tuple of str
        What the program does differently all the same, and what could not be confirmed.
    """

    name: str
    program: str
    model: Model = "random"
    tau2: str
    ci: str
    level: float = 0.95
    prediction: str | None
    min_k_prediction: int = 3
    i2: HeterogeneityFrom
    sparse: str | None = None
    source: str
    differences: tuple[str, ...] = ()


_METAONC_2026 = Policy(
    name="metaonc-2026",
    program="metaonc, 2026",
    tau2="REML",
    ci="auto",
    prediction="HTS",
    i2="tau2",
    sparse="glmm",
    source=(
        "Cochrane RevMan's methods of 2025: random effects, REML, Hartung-Knapp-Sidik-"
        "Jonkman interval where tau² > 0 and k > 2 and Wald otherwise, prediction interval "
        "of Higgins, Thompson and Spiegelhalter where k > 2, I² from tau². Single arms with an "
        "empty cell: the counts by a generalised linear mixed model (Stijnen, Hamza & Özdemir, "
        "Stat Med 2010;29:3046-3067; Schwarzer et al., Res Synth Methods 2019;10:476-483)."
    ),
)
_REVMAN_2025 = Policy(
    name="revman-2025",
    program="Cochrane RevMan, methods of January 2025",
    tau2="REML",
    ci="auto",
    prediction="HTS",
    i2="tau2",
    source=(
        "Cochrane, “Random-effects meta-analysis methods for Intervention Reviews” (2022, updates "
        "of May 2024 and January 2025): REML, the Hartung-Knapp-Sidik-Jonkman interval, a "
        "prediction interval, the Q-profile interval of tau², and I² from tau²."
    ),
    differences=(
        (
            "RevMan's authors choose between DerSimonian-Laird and REML and between Wald and "
            "Hartung-Knapp-Sidik-Jonkman; which of them a new analysis starts with was not "
            "confirmed."
        ),
        (
            "That Hartung-Knapp-Sidik-Jonkman is for tau² > 0 and k > 2 only, as the Cochrane "
            "Handbook is understood to advise, was not confirmed."
        ),
        (
            "Of the prediction interval, what was read says only “t or normal distribution”; k − 2 "
            "degrees of freedom and the Wald standard error are an assumption."
        ),
        (
            "Two-arm tables are pooled by Mantel-Haenszel unless told otherwise (not confirmed); "
            "here by inverse variance."
        ),
    ),
)
_REVMAN_5 = Policy(
    name="revman-5",
    program="Cochrane Review Manager 5.4, 2020",
    tau2="DL",
    ci="wald",
    prediction=None,
    i2="q",
    source=(
        "Cochrane, “Embracing new random-effects methods”: before 2025 RevMan used the "
        "DerSimonian-Laird estimator and the Wald-type interval. The I² that Review Manager 5 "
        "exports is that from Q (Fleiss 1993: Q = 9.946 on 6 df, I² = 39.67%)."
    ),
    differences=(
        (
            "That there is no prediction interval was not confirmed (it would be in Deeks & "
            "Higgins, Statistical algorithms in Review Manager 5, 2010)."
        ),
        (
            "Two-arm tables are pooled by Mantel-Haenszel unless told otherwise, and tau² then "
            "comes from Q around the Mantel-Haenszel mean (not confirmed); here both are by "
            "inverse variance."
        ),
        (
            "The model starts as a fixed effect for most outcome types (not confirmed); this "
            "policy is its random-effects analysis."
        ),
    ),
)
_METAFOR_5 = Policy(
    name="metafor-5",
    program="metafor 5.1-12 (R), 2026",
    tau2="REML",
    ci="wald",
    prediction="S",
    min_k_prediction=2,
    i2="tau2",
    source=(
        "metafor's manual pages: rma() defaults to REML and test “z”; predict() takes the quantile "
        "of the test for the prediction interval too, a normal one for “z”. I² from tau². Each is "
        "tested against recorded results of metafor 5.1-12."
    ),
    differences=(
        (
            "After test “t”, “knha” or “adhoc” metafor's prediction interval follows the test (k − "
            "1 degrees of freedom, that test's standard error); here it stays normal unless a "
            "method is named (“V”, “HK”, “HK-se”)."
        ),
        (
            "metafor stops its iterations for tau² at an absolute tolerance, so effects of small "
            "units (risk differences per 1000) can differ; metaonc solves to the last digits."
        ),
    ),
)
_META_8 = Policy(
    name="meta-8",
    program="meta 8.4-0 (R), 2026",
    tau2="REML",
    ci="wald",
    prediction="V",
    min_k_prediction=2,
    i2="q",
    source=(
        "Settings of meta 8.4-0 as surveyed in 2026: REML, classic (normal) interval, prediction "
        "“V” with k − 1 degrees of freedom since 8.0, I² from Q. Each number is tested against "
        "recorded results of metagen() in meta 8.4-0, that these are the defaults is not."
    ),
    differences=(
        "meta prints a prediction interval only on request.",
        (
            "metabin() pools the common effect of two-arm tables by Mantel-Haenszel and takes Q "
            "and I² around that mean (not confirmed); here both are by inverse variance."
        ),
        (
            "Which prediction interval goes with method.random.ci “HK” or “KR” was not confirmed; "
            "here it stays “V” unless a method is named."
        ),
    ),
)
_STATA_19 = Policy(
    name="stata-19",
    program="Stata 19 meta, 2025",
    tau2="REML",
    ci="wald",
    prediction="HTS",
    i2="tau2",
    source=(
        "Stata's manual entry “meta set” (REML is the default random-effects method), and printed "
        "output of “meta summarize” for its example metaset: a z test, and I² = 5.30% where Q = "
        "6.34 on 9 df would give 0, so I² from tau²."
    ),
    differences=(
        (
            "k − 2 degrees of freedom of the prediction interval (option predinterval, shown only "
            "on request) were not confirmed."
        ),
        (
            "What was read is the current manual and output of an earlier release; that Stata 19 "
            "changed none of it was not confirmed."
        ),
    ),
)
_IQWIG_6 = Policy(
    name="iqwig-6",
    program="IQWiG, General Methods 6.1, 2022",
    tau2="PM",
    ci="hksj-iqwig",
    prediction="HTS",
    i2="q",
    source=(
        "The preset IQWiG6 as meta documents it, after IQWiG's General Methods 6: Paule-Mandel, "
        "Hartung-Knapp with the ad hoc rule IQWiG6 (widened where narrower than the interval of "
        "DerSimonian and Laird), a prediction interval. Estimate and interval are tested against "
        "recorded results of meta 8.4-0."
    ),
    differences=(
        (
            "General Methods 6.1 itself was not at hand. That prediction intervals belong to its "
            "random-effects analyses since version 4.1 is IQWiG's own announcement of 2013."
        ),
        (
            "Which prediction interval it means was not confirmed: here Higgins, Thompson and "
            "Spiegelhalter's, with k − 2 degrees of freedom; meta's preset has meta's default."
        ),
        "I² from Q is meta's default, which its preset leaves alone.",
        (
            "IQWiG does not rely on this model where there are fewer than five studies (not "
            "confirmed; see Bender et al., Res Synth Methods 2018;9:382-392); metaonc pools any "
            "number, and one study alone has its Wald interval."
        ),
    ),
)

POLICIES = {
    policy.name: policy
    for policy in (
        _METAONC_2026,
        _REVMAN_2025,
        _REVMAN_5,
        _METAFOR_5,
        _META_8,
        _STATA_19,
        _IQWIG_6,
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
