"""Colours of a house as variables of a style sheet, by day and by night."""

from __future__ import annotations

from dataclasses import asdict

from matplotlib.colors import to_hex, to_rgb

from metaonc.plots.forest_plot.presets import Colours

NIGHT = "#14181d"
_MARK, _LINE = 5.0, 3.2  # contrast with the paper; WCAG 2.2, 1.4.11 asks for 3


def colour_variables(colours: Colours) -> tuple[str, str]:
    """Declarations for light and for dark paper.

    Examples
    --------
    >>> light, dark = colour_variables(Colours())
    >>> light
    '--study:#1f3b57;--pooled:#b3541e;--pooled-edge:#b3541e;--common:#ffffff;...'
    """
    light = {name.replace("_", "-"): colour for name, colour in asdict(colours).items()}
    dark = {name: _lightened(colour, _MARK) for name, colour in light.items()}
    dark["line"] = _lightened(light["line"], _LINE)
    if _contrast(light["common"], NIGHT) > 12:  # the colour of paper
        dark["common"] = NIGHT
    dark["band"] = _mixed(NIGHT, dark["pooled-edge"], 0.2)
    return _declared(light), _declared(dark)


def _declared(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def _lightened(colour: str, contrast: float) -> str:
    """A colour mixed with as little white as stands out from dark paper."""
    shares = (step / 20 for step in range(21))
    mixed = (_mixed(colour, "#ffffff", share) for share in shares)
    return next(found for found in mixed if _contrast(found, NIGHT) >= contrast)


def _mixed(first: str, second: str, share: float) -> str:
    parts = zip(to_rgb(first), to_rgb(second), strict=True)
    red, green, blue = ((1 - share) * a + share * b for a, b in parts)
    return to_hex((red, green, blue))


def _contrast(first: str, second: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
