"""Methods and numbers in words: what people read in a terminal, a caption or a footer."""

from __future__ import annotations

from metaonc.effects import level_text
from metaonc.pooling.choices import Choices
from metaonc.pooling.counts.count_models import COUNT_MODELS
from metaonc.pooling.counts.proportion_words import study_interval_text
from metaonc.pooling.readable import Readable

_ESTIMATOR_NAMES = {
    "DL": "DerSimonian-Laird",
    "DL2": "two-step DerSimonian-Laird",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt, corrected for k",
    "SJ": "Sidik-Jonkman",
    "ML": "maximum likelihood (ML)",
    "REML": "restricted maximum likelihood (REML)",
    "PM": "Paule-Mandel",
    "PMM": "median-unbiased Paule-Mandel",
    "EB": "empirical Bayes",
    "DLIT": "iterated DerSimonian-Laird",
    "SJIT": "iterated Sidik-Jonkman",
    "GENQ": "a generalised Q statistic",
    "GENQM": "the median of a generalised Q statistic",
}
_INTERVAL_NAMES = {
    "wald": "Wald",
    "t": "t",
    "hksj": "Hartung-Knapp-Sidik-Jonkman",
    "hksj-adhoc": "Hartung-Knapp-Sidik-Jonkman (never narrower than Wald)",
    "hksj-iqwig": (
        "Hartung-Knapp-Sidik-Jonkman (widened where narrower than DerSimonian-Laird's Wald)"
    ),
    "hksj-ci": "wider of Hartung-Knapp-Sidik-Jonkman and Wald",
    "kr": "Kenward-Roger",
    "profile": "profile-likelihood",
    "skovgaard": "second-order likelihood (Skovgaard)",
    "hc": "Henmi-Copas",
    "permutation": "permutation",
    "bootstrap": "parametric-bootstrap",
}
_PREDICTION_NAMES = {
    "HTS": "of Higgins-Thompson-Spiegelhalter (k − 2 df)",
    "V": "with k − 1 df",
    "S": "with the normal quantile",
    "HK": "of Hartung-Knapp (k − 1 df)",
    "HK-se": "of Hartung-Knapp, never below Wald's standard error (k − 1 df)",
    "HK-PR": "of Hartung-Knapp with k − 2 df",
    "KR": "of Kenward-Roger",
    "KR-PR": "of Kenward-Roger with one df less",
    "none": "none",
}
_HETEROGENEITY_NAMES = {"tau2": "tau²", "q": "Q"}


def p_text(p: float) -> str:
    """P value as a journal prints it, never ``p = 0.000``.

    Examples
    --------
    >>> p_text(0.0123), p_text(0.0456), p_text(0.62), p_text(1e-9), p_text(0.9996)
    ('p = 0.012', 'p = 0.046', 'p = 0.62', 'p < 0.001', 'p > 0.99')
    """
    if p < 0.001:
        return "p < 0.001"
    if p > 0.99:
        return "p > 0.99"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def heterogeneity_text(result: Readable) -> str:
    """One line on heterogeneity, as it stands under a forest plot."""
    if result.k < 2:
        return "Heterogeneity: not applicable (one study)"
    q = f"Q = {result.q:.2f}, df = {result.q_df}, {p_text(result.q_p)}"
    if result.choices.model == "fixed":
        return f"Heterogeneity: {q}; I² = {result.i2:.0%}"
    return f"Heterogeneity: tau² = {tau2_text(result.tau2)}; {q}; I² = {result.i2:.0%}"


def tau2_text(tau2: float) -> str:
    """Print a variance whatever its units: four decimals, or two digits where these are zeros.

    Examples
    --------
    >>> tau2_text(0.0), tau2_text(0.0593), tau2_text(5.33e-7)
    ('0', '0.0593', '5.3e-07')
    """
    if tau2 == 0:
        return "0"
    return f"{tau2:.4f}" if tau2 >= 0.001 else f"{tau2:.2g}"


def tau2_interval_text(method: str) -> str:
    """Name of an interval of tau², in brackets after its limits."""
    return {"QP": "Q-profile", "PL": "profile likelihood"}.get(method, method)


def methods_sentence(result: Readable) -> str:
    """One sentence that names every choice behind the result."""
    choices = result.choices
    scale = result.effects.scale
    start = f"Inverse-variance pooling of the {scale.analysis_scale}{covariance_text(result)}"
    studies = study_interval_text(result)
    interval = f"{_INTERVAL_NAMES[result.ci_method]} {level_text(choices.level)} interval"
    interval += simulation_text(choices)
    if choices.model == "fixed":
        return f"{start}, common effect, {interval}{studies}; policy {choices.policy}."
    prediction = result.prediction_interval()
    predicted = (
        f"prediction interval {prediction_text(prediction.method)}, " if prediction.applies else ""
    )
    return (
        f"{start}, random effects, {estimator_text(choices.tau2)}{weights_text(choices)}, "
        f"{interval}, {predicted}"
        f"I² {i2_text(result.heterogeneity_from)}{studies}; policy {choices.policy}."
    )


def count_methods_sentence(result: Readable) -> str:
    """The same for a model of counts."""
    choices = result.choices
    model = COUNT_MODELS[str(choices.count_model)]
    interval = f"{_INTERVAL_NAMES[result.ci_method]} {level_text(choices.level)} interval"
    if model.random:
        how = (
            "maximum likelihood" if isinstance(choices.tau2, str) else estimator_text(choices.tau2)
        )
        interval = f"{how}, adaptive Gauss-Hermite quadrature, {interval}"
    return (
        f"{model.words} ({result.effects.scale.analysis_scale}), {interval}; {model.q}"
        f"{study_interval_text(result)}; policy {choices.policy}."
    )


def covariance_text(result: Readable) -> str:
    """How the covariance of the effects was taken into account; empty for independent effects."""
    if result.effects.covariance is None:
        return ""
    within = result.choices.within_trial_correlation
    if within is None:
        return ", known covariance of the effects"
    return (
        ", known covariance of the effects "
        f"(true effects of one trial's contrasts correlated {within:g})"
    )


def estimator_text(tau2: str | float) -> str:
    """Where tau² comes from: ``"tau² by Paule-Mandel"``."""
    if isinstance(tau2, str):
        return f"tau² by {_ESTIMATOR_NAMES[tau2]}"
    return f"tau² given as {tau2:g}"


def weights_text(choices: Choices) -> str:
    """Weights of a generalised Q statistic, to follow the estimator."""
    name = choices.tau2_weights
    if name is None:
        return ""
    return f" with weights {name}" if name.startswith("1/") else f" with the weights in {name}"


def simulation_text(choices: Choices) -> str:
    """How a resampled interval was made, in brackets; empty for the others."""
    if choices.draws is None:
        return ""
    what = "sign flips" if choices.ci == "permutation" else "samples"
    how = f"all {choices.draws} {what}"
    return f" ({how if choices.seed is None else f'{choices.draws} {what}, seed {choices.seed}'})"


def interval_method_text(ci: str) -> str:
    """Name of an interval of the mean."""
    return _INTERVAL_NAMES[ci]


def prediction_text(method: str) -> str:
    """Which prediction interval, to follow "prediction interval"."""
    return _PREDICTION_NAMES[method]


def i2_text(source: str) -> str:
    """What I² comes from: ``"from Q"``."""
    return f"from {_HETEROGENEITY_NAMES[source]}"


def effect_text(result: Readable) -> str:
    """Pooled estimate and interval as a sentence prints them.

    Examples
    --------
    >>> import metaonc as mo
    >>> effect_text(
    ...     mo.pool(mo.Effects([-0.62, -0.80], [0.043, 0.008], measure="HR"), model="fixed")
    ... )
    'hazard ratio 0.46 (95% CI 0.39 to 0.54)'
    """
    scale = result.effects.scale
    estimate, low, high = result.display()
    unit = scale.unit
    level = level_text(result.choices.level)
    return (
        f"{scale.name} {scale.number(estimate)}{unit} ({level} CI {scale.interval_text(low, high)})"
    )
