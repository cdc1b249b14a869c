"""Identifiers of trials and publications: their form, and the address that each leads to.

Only the form is checked. An EudraCT number ends in two check digits, but we know no published
description of their algorithm, and the numbers of the other registers have none: a wrong digit is
found by following the address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError


class Register(NamedTuple):
    """A trial register: its name, the form of its numbers, an example, where a number leads."""

    name: str
    form: str
    example: str
    url: str = ""


# Forms as the registers and the primary-registry list of the WHO's ICTRP write them.
REGISTERS: tuple[Register, ...] = (
    Register("ClinicalTrials.gov", r"NCT\d{8}", "NCT01298713",
             "https://clinicaltrials.gov/study/{}"),
    Register("EudraCT", r"20\d\d-\d{6}-\d{2}", "2012-003065-17",
             "https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:{}"),
    Register("CTIS (EU CT number)", r"20\d\d-5\d{5}-\d{2}-\d{2}", "2022-500137-39-00",
             "https://euclinicaltrials.eu/search-for-clinical-trials/?lang=en&EUCT={}"),
    Register("ISRCTN", r"ISRCTN\d{8}", "ISRCTN12345678", "https://www.isrctn.com/{}"),
    Register("UMIN-CTR", r"UMIN\d{9}", "UMIN000001234"),
    Register("jRCT", r"jRCT(?:s\d{9}|\d{10})", "jRCTs031180001",
             "https://jrct.mhlw.go.jp/latest-detail/{}"),
    Register("JapicCTI", r"JapicCTI-\d{6}", "JapicCTI-123456"),
    Register("ChiCTR", r"ChiCTR(?:\d{10}|-[A-Z]{2,6}-\d{8})", "ChiCTR2000012345"),
    Register("CTRI", r"CTRI/20\d\d/\d{2,3}/\d{6}", "CTRI/2018/01/011234"),
    Register("ANZCTR", r"ACTRN\d{14}p?", "ACTRN12605000123456",
             "https://anzctr.org.au/{}.aspx"),
    Register("DRKS", r"DRKS\d{8}", "DRKS00012345", "https://drks.de/search/en/trial/{}"),
    Register("Netherlands Trial Register", r"NTR\d{1,5}|NL\d{1,5}|NL-OMON\d+", "NTR1234"),
    Register("CRIS", r"KCT\d{7}", "KCT0001234"),
    Register("IRCT", r"IRCT\d+N\d+", "IRCT20100101001234N1"),
    Register("ReBEC", r"RBR-[0-9a-z]{6,7}", "RBR-2abc3d"),
    Register("PACTR", r"PACTR\d{15,16}", "PACTR201501001234567"),
    Register("TCTR", r"TCTR\d{11}", "TCTR20200101001"),
    Register("SLCTR", r"SLCTR/20\d\d/\d{3}", "SLCTR/2015/001"),
    Register("RPCEC", r"RPCEC\d{8}", "RPCEC00000123"),
    Register("REPEC", r"PER-\d{3}-\d{2}", "PER-012-15"),
)  # fmt: skip

_ANY_REGISTER = "|".join(register.form for register in REGISTERS)
_DOI = r"10\.\d{4,9}/\S*[^\s.,;]"  # a full stop or comma at the end belongs to the sentence
_PMCID = r"PMC[1-9]\d{0,8}"


def register_of(number: str) -> Register | None:
    """The register whose numbers look like this one.

    Examples
    --------
    >>> register_of("2012-003065-17").name
    'EudraCT'
    >>> register_of("NCT0129871") is None
    True
    """
    found = (register for register in REGISTERS if re.fullmatch(register.form, number))
    return next(found, None)


def registration_url(number: str) -> str:
    """The page of a trial at its register; empty where the number alone does not lead to one."""
    register = register_of(number)
    return register.url.format(number) if register else ""


def _fault(rule: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("identifier", "{rule}", {"rule": rule, "remedy": remedy})


def _registration(text: str) -> str:
    """Check the form of a registration number."""
    if register_of(text):
        return text
    tidy = re.sub(r"[\s:]|^(EudraCT|EU ?CTR?|CTIS|JPRN)[-:\s]*(No\.?)?", "", text)
    for candidate in (tidy, tidy.upper(), tidy.replace("ISRCTN-", "ISRCTN")):
        if register_of(candidate):
            raise _fault("is not the form of its register", f"write {candidate}")
    for register in REGISTERS:
        start = re.match(r"[A-Za-z]{3,}", register.form)
        if start and text.upper().startswith(start[0].upper()):
            raise _fault(
                f"does not have the form of a number of {register.name}",
                f"look it up again; such a number looks like {register.example}",
            )
    raise _fault(
        "is not a number of a trial register that metaonc knows",
        "write it as the register does, e.g. NCT01298713, 2012-003065-17 or ISRCTN12345678; "
        "a sponsor's or group's own code belongs under also_known_as",
    )


def registration_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with the form of a registration number, and the way out; None if nothing is."""
    try:
        _registration(text)
    except PydanticCustomError as error:
        context = error.context or {}
        return str(context["rule"]), str(context["remedy"])
    return None


def _doi(text: str) -> str:
    """Check the form of a DOI."""
    if re.fullmatch(_DOI, text):
        return text
    found = re.search(_DOI, text)
    remedy = f"write {found[0]}" if found else "write it as 10.1200/JCO.2011.39.0708"
    raise _fault("is not the form of a DOI", remedy)


def _pmcid(text: str) -> str:
    """Check the form of a PubMed Central number."""
    if re.fullmatch(_PMCID, text):
        return text
    digits = re.sub(r"\D", "", text)
    raise _fault("is not the form of a PMCID", f"write PMC{digits or '4000187'}")


def _pmid(number: int) -> int:
    """Check the size of a PubMed number."""
    if number < 10**8:
        return number
    raise _fault("is too long for a PMID", "look it up again; a PMID has at most 8 digits")


def _text(check: Callable[[str], str], pattern: str) -> tuple[AfterValidator, WithJsonSchema]:
    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


Registration = Annotated[str, *_text(_registration, _ANY_REGISTER)]
Doi = Annotated[str, *_text(_doi, _DOI)]
Pmcid = Annotated[str, *_text(_pmcid, _PMCID)]
Pmid = Annotated[int, Field(gt=0, strict=True), AfterValidator(_pmid)]
