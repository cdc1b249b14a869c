"""The calls of other programs that the tests compare with, by file and family of `cases()`."""

from typing import NamedTuple

__all__ = ["CALLS", "Call"]


class Call(NamedTuple):
    """A program, its function, and what of its results is compared."""

    program: str
    function: str
    compared: str


# In the order in which the validation page shows them.
CALLS = {
    "pooling/rma": Call(
        "metafor", "rma.uni", "estimate, standard error, interval, p, tau², Q, I², H²"
    ),
    "pooling/predict": Call("metafor", "predict.rma", "intervals and prediction intervals"),
    "pooling/exp": Call("metafor", "predict.rma(transf=exp)", "ratios with their limits"),
    "mean_intervals/blup": Call("metafor", "blup, ranef", "true effects of the studies"),
    "mean_intervals/hc": Call("metafor", "hc", "Henmi and Copas: mean, error, interval"),
    "mean_intervals/permutation": Call("metafor", "permutest", "exact p values"),
    "pooling/qp": Call("metafor", "confint.rma.uni", "intervals of tau², tau, I², H² by Q-profile"),
    "tau2_intervals/genq": Call(
        "metafor", 'confint.rma.uni(type="GENQ")', "intervals of tau² from generalised Q"
    ),
    "tau2_intervals/likelihood": Call(
        "metafor", 'confint.rma.uni(type="PL", …)', "likelihood and Wald intervals of tau²"
    ),
    "tau2_intervals/sj_estimate": Call(
        "metafor", 'confint.rma.uni (method="SJ")', "estimate and interval of tau²"
    ),
    "tau2_intervals/genq_estimate": Call(
        "metafor", 'rma.uni(method="GENQ", "GENQM")', "tau² with any weights"
    ),
    "regression/regression": Call(
        "metafor", "rma.uni(mods=)", "coefficients, tests, tau², its error, Q, I², R², fit"
    ),
    "regression/fitted": Call("metafor", "predict.rma(newmods=)", "predictions with intervals"),
    "regression/hypothesis": Call("metafor", "anova.rma(btt=)", "tests of coefficients"),
    "regression/inflation": Call("metafor", "vif", "variance inflation"),
    "regression/comparison": Call("metafor", "anova.rma (two fits)", "likelihood ratios"),
    "regression/qp": Call("metafor", "confint.rma.uni (mods)", "interval of residual tau²"),
    "effects/escalc": Call("metafor", "escalc", "effects and variances"),
    "effects/hr": Call("metafor", "conv.wald", "log hazard ratios from what is printed"),
    "effects/printed": Call(
        "meta", "metagen(lower=, upper=)", "from printed ratios to the pooled one"
    ),
    "effects/raw": Call("meta", "metabin, metaprop (Inverse)", "from counts to the pooled effect"),
    "proportions/interval": Call(
        "meta", "metaprop(method.ci=)", "intervals of single proportions by seven methods"
    ),
    "proportions/metaprop": Call(
        "meta",
        "metaprop",
        "log and raw proportions, corrections, mixed models, proportions",
    ),
    "proportions/groups": Call("meta", "metaprop(subgroup=)", "groups of single proportions"),
    "proportions/back": Call(
        "metafor", "predict.rma(transf=)", "pooled proportions, rates and correlations"
    ),
    "counts/mh": Call(
        "metafor", "rma.mh", "mean, error, interval, p, Q, I², H²; CMH, Breslow-Day, Tarone"
    ),
    "counts/glmm": Call("metafor", "rma.glmm", "mean, error, tau², likelihood at converged optima"),
    "counts/levels": Call(
        "metafor", 'rma.glmm(model="UM.RS")', "mean, variances, by Laplace's approximation"
    ),
    "counts/peto": Call("metafor", "rma.peto", "mean, error, interval, p, Q, I², H²"),
    "counts/metabin": Call(
        "meta", "metabin (MH.exact, Peto, Inverse)", "means, errors, intervals, tau², Q"
    ),
    "counts/metainc": Call("meta", "metainc (MH, Inverse)", "means, errors, intervals, tau², Q"),
    "counts/metarate": Call("meta", "metarate (Inverse)", "means, errors, intervals, tau², Q"),
    "counts/firth": Call("meta", 'metabin(method="LRP")', "mean, error, interval, p"),
    "pooling/metagen": Call("meta", "metagen", "mean, tau², Q, I², weights"),
    "pooling/i2": Call("meta", 'metagen(method.I2="tau2")', "I² and H from tau²"),
    "mean_intervals/mean": Call(
        "meta", "metagen(method.random.ci=, method.predict=)", "mean and prediction intervals"
    ),
    "tau2_intervals/tauci": Call("meta", "metagen(method.tau.ci=)", "intervals of tau²"),
    "subgroups/subgroup": Call("meta", "metagen(subgroup=)", "groups and the test between them"),
    "correlated/mv": Call(
        "metafor", "rma.mv(V, random=)", "known covariances: mean, error, tau², Q, likelihood"
    ),
    "correlated/netmeta": Call(
        "netmeta", "netmeta", "a trial of three arms: effects, errors, tau², Q"
    ),
    "influence/leave1out": Call(
        "metafor", "leave1out.rma.uni", "estimate, error, interval, p, Q, tau², I² without each"
    ),
    "influence_counts/leave1out": Call(
        "metafor", "leave1out.rma.mh, leave1out.rma.peto", "estimate, error, interval, p, Q"
    ),
    "influence/metainf": Call(
        "meta", "metainf", "estimate, error, interval, tau², I² without each"
    ),
    "influence/cumul": Call(
        "metafor", "cumul.rma.uni", "estimate, error, interval, p, Q, tau², I²"
    ),
    "influence_counts/cumul": Call("metafor", "cumul.rma.mh", "estimate, error, interval, p"),
    "influence/influence": Call(
        "metafor", "influence.rma.uni", "the whole set of influence measures, and the flag"
    ),
    "regression/influence": Call(
        "metafor", "influence.rma.uni (mods)", "the whole set of influence measures"
    ),
    "influence/residuals": Call(
        "metafor", "residuals, rstandard, rstudent", "residuals of 4 kinds"
    ),
    "influence/baujat": Call("metafor", "baujat", "both coordinates"),
    "small_study/regtest": Call(
        "metafor", "regtest", "Egger's regression, seven models, six predictors: test, slope, limit"
    ),
    "small_study/ranktest": Call("metafor", "ranktest", "rank correlation, exact p value"),
    "small_study/metabias": Call("meta", "metabias", "Egger, Thompson and Sharp, Begg"),
    "small_study/metabias_counts": Call(
        "meta", "metabias (metabin, metacont)", "tests for odds and risk ratios and for SMD"
    ),
    "small_study/trimfill": Call(
        "metafor", "trimfill", "missing studies, their error, filled effects, the mean with them"
    ),
    "small_study/trimfill_meta": Call("meta", "trimfill", "the same around the common effect"),
    "small_study/fsn": Call("metafor", "fsn", "fail-safe numbers"),
    "small_study/tes": Call("metafor", "tes", "powers, expected studies, three tests"),
    "small_study/limitmeta": Call(
        "metasens", "limitmeta", "adjusted effects, limit studies, Q, G²"
    ),
    "policies/iqwig": Call("meta", 'settings.meta("IQWiG6"), metagen', "mean, interval, I²"),
    "selection/selmodel": Call(
        "metafor", "selmodel", "mean, tau², weights, their errors, likelihood and its ratio"
    ),
    "selection/copas": Call("metasens", "copas", "mean and its error where nothing is adjusted"),
}
