"""Cut the outside reference values down to what metaonc's tests compare with.

Run as ``python tests/reference/copy_values.py FOLDER``. FOLDER holds one JSON file per data set, in
the form `README.md` describes. Writes `pooling.json`, `effects.json` and the others beside this
script: every section a mapping with one entry per line, numbers spelled exactly as in the source
files, order following file names and then the files themselves, so the same input gives the same
bytes. `census.json` counts what was taken and, by reason, what was left.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = Any
Sections = dict[str, dict[str, Json]]

PROGRAMS = ("R", "metafor", "metadat", "meta")
TOLERANCES = ("closed", "iter", "root")
MORE_TOLERANCES = ("quad", "loose")  # of `tau2_intervals.json`
REMARKS = ("rtol", "atol", "note", "warnings", "error")

# The calls that are kept, by family; `[^/]+` is the name of the effects.
_ESTIMATOR = "(FE|DL|HE|HS|HSk|SJ|ML|REML|EB|PM|PMM|DLIT|SJIT)"
POOLING = {
    "rma": re.compile(rf"[^/]+/rma/{_ESTIMATOR}/(z|t|knha|adhoc|tau2=[\d.]+)"),
    "predict": re.compile(rf"[^/]+/predict/{_ESTIMATOR}(\.(t|knha|adhoc))?(/\d+)?"),
    "exp": re.compile(rf"[^/]+/exp/{_ESTIMATOR}(\.knha)?"),
    "qp": re.compile(r"[^/]+/confint/QP/(DL|REML|PM)(/\d+)?"),
    "metagen": re.compile(rf"[^/]+/meta/metagen/{_ESTIMATOR}"),
    "i2": re.compile(r"[^/]+/meta/metagen/I2tau2"),
}
EFFECTS = {
    "escalc": re.compile(  # "death_", "ped_", "sens_" and "arm1_" name a second table of the file
        r"escalc/([a-z0-9]+_)?(OR|RR|RD|AS|PETO|PHI|YUQ|YUY|PBIT|OR2DN|OR2DL|PR|PLN|PLO|PRZ|PAS|PFT"
        r"|IRR|IRD|IRSD|IR|IRLN|IRS|IRFT|MD|SMD|SMDH|SMD1|SMD1H|ROM|VR|CVR|D2ORN|D2ORL"
        r"|COR|UCOR|ZCOR|ARAW|AHW|ABT|ZPHI|RTET|ZTET|OR2D|D2OR|RPB|ZPB|RBIS|ZBIS|CLESN)(/.*)?"
    ),
    "hr": re.compile(r"conv\.wald(/pval)?|oev/peto_pooled"),
    "printed": re.compile(r"metagen/(from_ci|transf=FALSE)"),
    "raw": re.compile(
        r"([a-z]+_)?(metabin/(OR|RR|RD)/Inverse/REML|metaprop/(PLOGIT|PAS|PFT)/Inverse/[A-Z]+)"
    ),
}
PROPORTIONS = {
    "interval": re.compile(r"([a-z]+_)?metaprop/ci/(CP|WS|WSCC|AC|SA|SACC|NAsm|CP90)"),
    "metaprop": re.compile(
        r"([a-z]+_)?metaprop/((PLN|PRAW)/Inverse/REML|(PLOGIT|PRAW)/incr/(all|if0all)|PLOGIT/GLMM)"
    ),
    "groups": re.compile(r"metaprop/(PLOGIT|PFT)/subgroup/(REML|DL)/(separate|common)_tau2"),
    "back": re.compile(r"[^/]+/predict\.transf(/(FE|REML|DL)(/(z|knha))?)?"),
}
SUBGROUPS = {
    "subgroup": re.compile(r"[^/]+/subgroup/(DL|REML)/(classic|HK)/(separate|common)_tau2"),
}
MEAN_INTERVALS = {
    "mean": re.compile(rf"[^/]+/meta/metagen/{_ESTIMATOR}"),
    "hc": re.compile(r"[^/]+/hc"),
    "blup": re.compile(r"[^/]+/blup/REML"),
    "permutation": re.compile(r"[^/]+/permutest/exact/DL"),
}
REGRESSION = {
    "regression": re.compile(r"[^/]+/metareg/[^/]+/[A-Z]+/(z|knha|adhoc)"),
    "fitted": re.compile(r"[^/]+/metareg/[^/]+/predict"),
    "hypothesis": re.compile(r"[^/]+/metareg/[^/]+/anova/btt=\d+"),
    "inflation": re.compile(r"[^/]+/metareg/[^/]+/vif"),
    "comparison": re.compile(r"[^/]+/metareg/[^/]+/LRT"),
    "qp": re.compile(r"[^/]+/metareg/[^/]+/confint/QP"),
    "influence": re.compile(r"[^/]+/metareg/[^/]+/influence"),
}
COUNTS = {
    "mh": re.compile(r"(ped_)?mh/(OR|RR|RD|IRR|IRD)(/(nocorrect|add=0.5,0.5|drop00))?"),
    "peto": re.compile(r"(ped_)?peto"),
    "firth": re.compile(r"metabin/OR/LRP"),
    "glmm": re.compile(
        r"glmm/PLO/(EE|nAGQ7|t)|glmm/(UM\.FS|CM\.EL|CM\.AL)(/EE)?"
        r"|glmm/IRR/(UM\.FS|CM\.EL)/(EE|ML)|arm1_glmm/IRLN/(EE|ML)"
    ),
    "metabin": re.compile(
        r"(ped_)?metabin/(ASD|OR/(allstudies|incr/(all|if0all)|MH/PM|Q\.Cochrane=FALSE|Peto)"
        r"|(OR|RR|RD)/MH\.exact)"
    ),
    "metainc": re.compile(r"metainc/(IRR|IRD|IRSD)/(MH|Inverse)"),
    "metarate": re.compile(r"(arm1_)?metarate/(IR|IRLN|IRS|IRFT|ci/NAsm)"),
    "levels": re.compile(r"glmm/(IRR/)?UM\.RS(/ML)?"),
}
INFLUENCE = {  # on the effects of `pooling.json`
    "leave1out": re.compile(r"[^/]+/leave1out/(FE|REML)"),
    "cumul": re.compile(r"[^/]+/cumul/REML"),
    "influence": re.compile(r"[^/]+/influence/(FE|REML)"),
    "residuals": re.compile(r"[^/]+/residuals/(FE|REML)"),
    "baujat": re.compile(r"[^/]+/baujat/(FE|REML)"),
    "metainf": re.compile(r"[^/]+/meta/metainf"),
}
INFLUENCE_COUNTS = {
    "leave1out": re.compile(r"(ped_)?(mh/OR|peto)/leave1out"),
    "cumul": re.compile(r"(ped_)?mh/RR/cumul"),
}
SELECTION = {
    "selmodel": re.compile(r"[^/]+/selmodel/[^/]+/(ML|FE)"),
    "copas": re.compile(r"[^/]+/metasens/copas"),
}
TAU2_INTERVALS = {
    "genq": re.compile(r"[^/]+/confint/GENQ/1/(vi|sei)"),
    "likelihood": re.compile(r"[^/]+/confint/(PL/(REML|ML)|[Ww]ald(\.(log|sqrt))?/REML|HT/DL)"),
    "tauci": re.compile(r"[^/]+/meta/tauci/(BJ|J)"),
    "genq_estimate": re.compile(r"[^/]+/rma/GENQM?/1/(vi|sei)"),
    "sj_estimate": re.compile(r"[^/]+/confint/QP/SJ"),
}
SMALL_STUDY = {  # effects: those of `pooling.json`
    "regtest": re.compile(r"[^/]+/regtest/.*"),
    "ranktest": re.compile(r"[^/]+/ranktest"),
    "metabias": re.compile(r"[^/]+/meta/metabias/(Egger|Thompson|Begg)"),
    "metabias_counts": re.compile(
        r"(ped_)?metabias/(OR/.*|RR/(Peters|Egger|Macaskill)|DOR/Deeks|SMD/.*)"
    ),
    "trimfill": re.compile(r"[^/]+/trimfill/.*"),
    "trimfill_meta": re.compile(r"[^/]+/meta/trimfill/.*"),
    "fsn": re.compile(r"[^/]+/fsn"),
    "tes": re.compile(r"[^/]+/tes/.*"),
    "limitmeta": re.compile(r"[^/]+/metasens/limitmeta/.*"),
}
# Records that no test takes, by the reason why.
ADJUSTED = (
    "Copas models in which the other program adjusts the mean: at a strength of selection that it "
    "does not record"
)
STOPPED = "calls that ended without a result: an error, or the program ran out of its time"
LEFT = {
    "weights of the user's own, or none: metaonc weights by precision": (
        r"[^/]+/rma/(FE|REML)/(unweighted|weights=ni)"
    ),
    "inverse-variance heterogeneity model (IVhet): not offered": r"[^/]+/meta/metagen/IVhet",
    "z statistics or limits without an estimate: not read as input": (
        r"conv\.wald/zval|metagen/lower_upper_only"
    ),
    "multilevel and multivariate models (rma.mv with variance components of its own)": (
        r"mv/.*|vcalc/.*|aggregate/.*"
    ),
    "cluster-robust errors": r"[^/]+/metareg/[^/]+/robust",
    "location-scale models": r"rma\.ls/.*|[^/]+/rma\.ls/.*",
    "generalised linear mixed models with moderators, by Laplace's approximation or with other "
    "codings": (r"glmm/.*|.*/glmm/.*|.*_glmm/.*|(.*_)?metaprop/PLOGIT/GLMM.*|metabin/OR/LRP"),
    "meta's functions for counts where they add to cells in a way of their own, weight by sample "
    "size, take tau² from another Q, or repeat other records": (
        r"meta(bin|inc)/.*|.*_meta(bin|inc)/.*|oev/.*"
    ),
    "Harbord's test of risk ratios in meta, which is not that of the score": (
        r"(ped_)?metabias/RR/Harbord"
    ),
    "Bayesian models": r"bayesmeta/.*",
    "network meta-analysis": r"(netmeta|net|decomp|netsplit|netrank).*",
    "how symmetric printed intervals are": r"conv\.wald/checks",
    "effects, intervals of studies and pooled result of a raw table in one call": (
        r"(.*_)?meta(prop|cont|cor|rate)/.*"
    ),
}
# Known covariances: calls of metafor's rma.mv whose model is one tau² times a correlation matrix,
# and a network with a three-arm trial. The columns their tests need, by data set.
CORRELATED = {
    "mv": re.compile(r"mv/(3level/(REML|ML)|vcalc0\.6/REML|(CS|ID)/REML|FE)"),
    "netmeta": re.compile(r"netmeta/(DL|REML)"),
}
CORRELATED_COLUMNS = {
    "dat.assink2016": ("study",),
    "dat.berkey1998": ("trial", "outcome", "yi", "vi", "V"),
    "dat.konstantopoulos2011": ("district",),
    "dat.senn2013": ("TE", "seTE", "treat1", "treat2", "studlab", "sd1", "n1", "sd2", "n2"),
}
MV = ("k", "coef_names", "beta", "se", "pval", "ci.lb", "ci.ub", "vb")
MV_FIT = ("sigma2", "tau2", "rho", "QE", "QEp", "logLik")
NETMETA = ("k", "m", "trts", "TE.random", "seTE.random", "tau2", "Q", "df.Q", "pval.Q")
COLUMNS = (
    *("ai", "n1i", "ci", "n2i", "x1i", "t1i", "x2i", "t2i", "xi", "ni", "ti"),
    *("m1i", "sd1i", "m2i", "sd2i", "ri", "mi", "est", "ci.lb", "ci.ub", "level", "OmE", "V"),
)

RMA = (
    *("k", "tau2", "se.tau2", "beta", "se", "zval", "ddf", "pval", "ci.lb", "ci.ub"),
    *("QE", "QEp", "I2", "H2", "fitstats", "local_maxima"),
)
COUNTED = (
    *("tau2", "Q", "TE.common", "seTE.common", "lower.common", "upper.common"),
    *("TE.random", "seTE.random", "lower.random", "upper.random"),
)
LEVELS = ("k", "beta", "se", "tau2", "sigma2")
UNUSED = ("fit", "package_default")  # of SMALL_STUDY
GLMM = ("beta", "se", "tau2", "ci.lb", "ci.ub", "QE.LRT", "QE.df", "logLik")
SELMODEL = (
    *("beta", "se", "tau2", "se.tau2", "delta", "se.delta", "logLik", "LRT", "LRTdf", "LRTp"),
    "boundary",
)
MH = (
    *("beta", "se", "zval", "pval", "ci.lb", "ci.ub", "QE", "QEp", "I2", "H2"),
    *("MH", "MHp", "BD", "BDp", "TA", "TAp"),
)
PREDICT = ("pred", "se", "ci.lb", "ci.ub", "pi")
METAGEN = ("k", "tau2", "I2", "Q", "df.Q", "pval.Q", "w.common", "w.random")
METAGEN_COMMON = ("TE.common", "seTE.common", "pval.common", "lower.common", "upper.common")
METAGEN_RANDOM = ("TE.random", "seTE.random", "pval.random", "lower.random", "upper.random")
SUBGROUP = ("subgroup.levels", "k.w", "TE.random.w", "seTE.random.w", "tau2.w")
SUBGROUP_TEST = (
    *("Q.b.random", "df.Q.b.random", "pval.Q.b.random", "tau2.resid", "Q.w.common", "df.Q.w"),
    *("pval.Q.w.common", "Q.b.common", "pval.Q.b.common", "TE.common.w", "seTE.common.w"),
    *("I2.resid", "Q.w"),
)
BACK = ("pred", "ci.lb", "ci.ub", "pi.lb", "pi.ub")
DESIGN = ("columns", "used_rows", "moderators")
METAGEN_PREDICT = ("df.predict", "lower.predict", "upper.predict")
MEAN_ROW = ("TE.random", "seTE.random", "df.random", "pval.random", "lower.random", "upper.random")
PREDICTION_ROW = ("seTE.predict", "df.predict", "lower.predict", "upper.predict")


class Number(str):
    """A number as the source file spells it."""


def encode(value: Json) -> str:
    """`value` as compact JSON, numbers verbatim."""
    if isinstance(value, Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode(k)}:{encode(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, sections: Sections) -> None:
    """Write the sections to `path`, one entry per line."""
    blocks = []
    for name, entries in sections.items():
        lines = ",\n".join(f"{encode(key)}:{encode(value)}" for key, value in entries.items())
        blocks.append(f"{encode(name)}:{{\n{lines}\n}}")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


def pick(source: dict[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    """The entries of `source` in `names`, in that order, those it has."""
    return {name: source[name] for name in names if name in source}


def scalars(values: dict[str, Json]) -> dict[str, Json]:
    """R's vectors of length one as plain values, at any depth."""
    plain: dict[str, Json] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            plain[name] = scalars(value)
        else:
            plain[name] = value[0] if isinstance(value, list) and len(value) == 1 else value
    return plain


def metagen(out: dict[str, Json]) -> dict[str, Json]:
    """The classic and Hartung-Knapp intervals and the V and HTS prediction intervals."""
    methods, adhoc = vector(out["method.random.ci"]), vector(out["adhoc.hakn.ci"])
    intervals = [f"{m}-{a}" if a else m for m, a in zip(methods, adhoc, strict=True)]
    return {
        **pick(out, METAGEN + METAGEN_COMMON),
        "random": rows(out, METAGEN_RANDOM, intervals, ("classic", "HK", "HK-se")),
        "predict": rows(out, METAGEN_PREDICT, vector(out["method.predict"]), ("V", "HTS")),
    }


def metaprop(out: dict[str, Json]) -> dict[str, Json]:
    """The same where one interval was asked for, or the counts themselves were pooled."""
    methods, adhoc = vector(out["method.random.ci"]), vector(out["adhoc.hakn.ci"])
    labels = [f"{m}-{a}" if a else m for m, a in zip(methods, adhoc, strict=True)]
    several = {
        name: [value] * len(labels) if not isinstance(value, list) else value
        for name, value in out.items()
        if name in METAGEN_RANDOM
    }
    return {
        **pick(out, METAGEN[:-2] + METAGEN_COMMON),
        "random": rows(several, METAGEN_RANDOM, labels, ("classic", "HK", "HK-se")),
        "predict": rows(out, METAGEN_PREDICT, vector(out["method.predict"]), ("V", "HTS", "S")),
    }


def mean(out: dict[str, Json]) -> dict[str, Json]:
    """Every interval of the mean and every prediction interval, by method and correction."""
    intervals, predictions = (
        [f"{m}-{a}" if m and a else m for m, a in zip(out[methods], out[adhoc], strict=True)]
        for methods, adhoc in (
            ("method.random.ci", "adhoc.hakn.ci"),
            ("method.predict", "adhoc.hakn.pi"),
        )
    )
    return {
        "tau2": out["tau2"],
        "random": rows(out, MEAN_ROW, intervals, tuple(filter(None, intervals))),
        "predict": rows(out, PREDICTION_ROW, predictions, tuple(filter(None, predictions))),
    }


def rows(
    out: dict[str, Json], columns: tuple[str, ...], labels: list[str], keep: tuple[str, ...]
) -> dict[str, Json]:
    """Rows named in `keep` of the table whose columns are vectors in `out`, by their label."""
    return {
        label: {
            column.rsplit(".", 1)[0]: vector(out[column])[labels.index(label)]
            for column in columns
            if column in out
        }
        for label in keep
        if label in labels
    }


def vector(value: Json) -> list[Json]:
    """R's vector, also where it has length one and is written as a plain value."""
    return value if isinstance(value, list) else [value]


def quantities(family: str, out: dict[str, Json]) -> dict[str, Json]:
    """What a record of `family` found, without what no test of ours compares with."""
    if family == "interval":
        return pick(out, ("lower", "upper"))
    if family == "metaprop":
        return {**metaprop(out), **pick(out, ("backtransf",))}
    if family == "groups":
        return {**pick(out["subgroup"], SUBGROUP), **pick(out, ("tau2", "Q"))}
    if family == "back":  # one way back by its name, or the only one
        ways = out if any(isinstance(value, dict) for value in out.values()) else {"only": out}
        return {
            way: scalars(pick(row, BACK)) for way, row in ways.items() if not way.endswith(".int")
        }
    if family == "rma":
        return scalars(pick(out, RMA))
    if family == "predict":
        return scalars(pick(out, PREDICT))
    if family == "firth":
        return pick(out, METAGEN_COMMON)
    if family == "glmm":
        found = {
            name: scalars(pick(out[name], GLMM))
            for name in ("metafor", "optimum_exact")
            if name in out
        }
        return {**found, **pick(out, ("metafor_error",))}
    if family in ("metabin", "metainc", "metarate"):  # of several intervals the classic one
        found = {name: vector(out[name])[0] for name in COUNTED if name in out}
        return found or pick(out, ("lower", "upper"))
    if family == "levels":
        return scalars(pick(out["metafor"], LEVELS))
    if family in ("mh", "peto"):
        return pick(out, MH)
    if family == "genq":
        return pick(out, ("level", "tau2", "ci.lb.tau2", "ci.ub.tau2", "ci.null", "p0"))
    if family == "tauci":
        return pick(out, ("tau2", "lower.tau2", "upper.tau2"))
    if family == "genq_estimate":
        return scalars(pick(out, ("k", "tau2", "se.tau2")))
    if family in ("qp", "likelihood", "sj_estimate"):
        row = out["rows"].index("tau2")
        limits = {name: out[name][row] for name in ("est", "ci.lb", "ci.ub")}
        others = {
            name: [out[limit][at] for limit in limits]
            for at, name in enumerate(out["rows"])
            if family in ("qp", "likelihood") and name != "tau2"
        }
        return {"level": out["level"], **limits, "ci.null": out["ci.null"], **others}
    if family == "exp":
        return pick(next(iter(out.values())), ("pred", "ci.lb", "ci.ub"))
    if family in ("metagen", "printed", "raw"):
        return metagen(out)
    if family == "mean":
        return mean(out)
    if family == "selmodel":
        return {
            name: scalars(pick(out[name], SELMODEL))
            for name in ("metafor", "optimum")
            if name in out
        }
    if family in ("hc", "permutation", "i2", "copas"):
        return scalars(out)
    if family == "blup":
        return out
    if family in REGRESSION or family in INFLUENCE:
        return scalars(out)
    if family == "mv":
        return pick(out, MV + MV_FIT)
    if family == "netmeta":
        return pick(out, NETMETA)
    if family in SMALL_STUDY:
        return {name: value for name, value in out.items() if name not in UNUSED}
    if family == "subgroup":
        return pick(out["subgroup"], SUBGROUP + SUBGROUP_TEST)
    return pick(out, ("rows", "yi", "vi"))


def records(
    document: dict[str, Json], families: dict[str, re.Pattern[str]]
) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """Family, id and shortened content of every record that is kept."""
    name = document["dataset"]
    grouped: dict[str, Json] = {}  # effects -> the arguments that name the groups, given once
    for record in document["records"]:
        for family, pattern in families.items():
            if pattern.fullmatch(record["id"]) and not unusable(document, record):
                kind = "effects" if "effects" in record else "table"
                record = {kind: "", **record}
                if family == "subgroup":
                    groups = grouped.setdefault(
                        record["effects"], pick(record["args"], ("subgroup", "used_rows"))
                    )
                    record = {**record, "args": {**record["args"], **groups}}
                if families is REGRESSION:
                    design = "/".join(record["id"].split("/")[:3])
                    given = {n: v for n, v in record["args"].items() if n not in DESIGN}
                    record = {**record, "args": {"design": f"{name}/{design}", **given}}
                short = {
                    kind: f"{name}/{record[kind]}",
                    **pick(record, ("args", "class", *REMARKS)),
                    "out": quantities(family, record["out"]),
                }
                yield family, f"{name}/{record['id']}", short


def unusable(document: dict[str, Json], record: dict[str, Json]) -> str:
    """Why nothing can be compared with a record of a family that is kept; empty if it can."""
    if "out" not in record:
        return STOPPED
    if not SELECTION["copas"].fullmatch(record["id"]):
        return ""
    plain = f"{record['effects']}/rma/ML/z"
    (beta,) = (one["out"]["beta"] for one in document["records"] if one["id"] == plain)
    found, mean = float(record["out"]["TE.adjust"]), float(scalars({"beta": beta})["beta"])
    return "" if abs(found - mean) <= 1e-4 * abs(mean) else ADJUSTED


def designs(document: dict[str, Json]) -> dict[str, Json]:
    """The moderators of each meta-regression, which the source gives with its first record."""
    return {
        f"{document['dataset']}/{record['id'].removesuffix('/FE/z')}": pick(record["args"], DESIGN)
        for record in document["records"]
        if REGRESSION["regression"].fullmatch(record["id"]) and "moderators" in record["args"]
    }


def select(documents: list[dict[str, Json]], families: dict[str, re.Pattern[str]]) -> Sections:
    """The sections of one output file."""
    first = documents[0]
    sections: Sections = {
        "versions": pick(
            first["versions"],
            (*PROGRAMS, *("metasens",) * ("copas" in families or families is SMALL_STUDY)),
        ),
        "tolerances": pick(
            first["tolerances"],
            TOLERANCES
            + MORE_TOLERANCES * ("genq" in families or families is SMALL_STUDY)
            + ("loose",) * ("i2" in families)
            + ("opt", "glmm") * (families is COUNTS or families is PROPORTIONS)
            + ("opt", "loose") * (families is SELECTION),
        ),
        "datasets": {},
        "effects": {},
        "tables": {},
        "designs": {},
        "sizes": {},
        **{family: {} for family in families},
    }
    for document in documents:
        name = document["dataset"]
        if any(document[key] != first[key] for key in ("versions", "tolerances")):
            raise SystemExit(f"{name}: versions or tolerances differ from {first['dataset']}'s")
        if families is REGRESSION:
            sections["designs"].update(designs(document))
        for family, key, record in records(document, families):
            sections["datasets"][name] = pick(document, ("half", "title", "source"))
            sections[family][key] = record
            if "effects" in record:
                effects = document["effects"][record["effects"].removeprefix(f"{name}/")]
                if families is SMALL_STUDY:
                    sections["sizes"].setdefault(record["effects"], effects.get("ni"))
                columns = pick(effects, ("measure", "how", "yi", "vi"))
                sections["effects"].setdefault(record["effects"], columns)
            else:
                table = document["inputs"][record["table"].removeprefix(f"{name}/")]
                sections["tables"].setdefault(
                    record["table"], pick(table, COLUMNS + ("subgroup",) * ("groups" in families))
                )
    if families in (INFLUENCE, SMALL_STUDY):
        del sections["effects"]  # those of `pooling.json`
    return {section: entries for section, entries in sections.items() if entries}


def census(documents: list[dict[str, Json]], taken: dict[str, int]) -> Sections:
    """Records taken by family, and those left by reason; every record is one or the other."""
    patterns = [pattern for families in FILES.values() for pattern in families.values()]
    left = dict.fromkeys(LEFT, 0)
    for document in documents:
        in_tables = CORRELATED.values() if document["dataset"] in CORRELATED_COLUMNS else ()
        for record in document["records"]:
            if any(pattern.fullmatch(record["id"]) for pattern in (*patterns, *in_tables)):
                if why := unusable(document, record):
                    left[why] = left.get(why, 0) + 1
                continue
            reasons = [why for why, pattern in LEFT.items() if re.fullmatch(pattern, record["id"])]
            if not reasons:
                raise SystemExit(f"{document['dataset']}/{record['id']}: neither taken nor left")
            left[reasons[0]] += 1
    counts = {"taken": taken, "left": dict(sorted(left.items(), key=lambda item: -item[1]))}
    return {
        part: {name: Number(count) for name, count in numbers.items()}
        for part, numbers in counts.items()
    }


FILES = {
    "pooling": POOLING,
    "effects": EFFECTS,
    "proportions": PROPORTIONS,
    "subgroups": SUBGROUPS,
    "regression": REGRESSION,
    "mean_intervals": MEAN_INTERVALS,
    "tau2_intervals": TAU2_INTERVALS,
    "counts": COUNTS,
    "small_study": SMALL_STUDY,
    "influence": INFLUENCE,
    "influence_counts": INFLUENCE_COUNTS,
    "selection": SELECTION,
}


def correlated(documents: list[dict[str, Json]]) -> Sections:
    """The sections of `correlated.json`: one table per data set."""
    chosen = [document for document in documents if document["dataset"] in CORRELATED_COLUMNS]
    sections: Sections = {
        "versions": pick(chosen[0]["versions"], (*PROGRAMS, "netmeta")),
        "tolerances": pick(chosen[0]["tolerances"], ("closed", "opt")),
        "datasets": {},
        "tables": {},
        **{family: {} for family in CORRELATED},
    }
    for document in chosen:
        name = document["dataset"]
        (table,) = document["inputs"].values()
        columns = pick(table, CORRELATED_COLUMNS[name])
        if "yi" not in columns and "SMD" in document["effects"]:
            columns |= pick(document["effects"]["SMD"], ("yi", "vi"))
        sections["datasets"][name] = pick(document, ("half", "title", "source"))
        sections["tables"][name] = columns
        for family, key, record in records(document, CORRELATED):
            sections[family][key] = {**record, "table": name}
    return sections


def main(argv: list[str]) -> None:
    """Read the folder named in `argv` and write the files."""
    if len(argv) != 2:
        raise SystemExit(f"usage: python {argv[0]} FOLDER_WITH_THE_REFERENCE_FILES")
    sources = sorted(Path(argv[1]).glob("*.json"))
    if not sources:
        raise SystemExit(f"{argv[1]}: no reference files (*.json) in this folder")
    documents = [
        json.loads(path.read_text(encoding="utf-8"), parse_float=Number, parse_int=Number)
        for path in sources
    ]
    here = Path(__file__).resolve().parent
    taken: dict[str, int] = {}
    for name, families in FILES.items():
        sections = select(documents, families)
        write(here / f"{name}.json", sections)
        taken |= {f"{name}/{family}": len(sections[family]) for family in families}
        print(f"{name}.json:", {section: len(entries) for section, entries in sections.items()})
    sections = correlated(documents)
    write(here / "correlated.json", sections)
    taken |= {f"correlated/{family}": len(sections[family]) for family in CORRELATED}
    write(here / "census.json", census(documents, taken))


if __name__ == "__main__":
    main(sys.argv)
