"""Reading figures back: where their texts stand, and whether any is cropped or covered."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from metaonc.plots.figure import house_style

TOUCH = 1.0  # line boxes may touch by a pixel: ascent and descent are generous


def texts(figure: Figure) -> list[Text]:
    """Every text that a reader sees, labels of axes and ticks too."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        found += _ticks_in_view(axes)
    return [text for text in found if text.get_text().strip() and text.get_visible()]


def _ticks_in_view(axes: Axes) -> list[Text]:
    """Labels of the ticks that lie within the limits; matplotlib keeps others ready."""
    shown = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        ticks = axis.get_major_ticks()
        shown += [tick.label1 for tick in ticks if low <= tick.get_loc() <= high]
    return shown


def text_boxes(figure: Figure) -> dict[str, tuple[float, ...]]:
    """Every text with its box in pixels."""
    with house_style():
        renderer = figure.canvas.get_renderer()
        figure.draw(renderer)  # labels of axes find their place while they are drawn
        return {
            f"{i}: {text.get_text()}": tuple(text.get_window_extent(renderer).extents)
            for i, text in enumerate(texts(figure))
        }


def assert_readable(figure: Figure) -> None:
    """All text inside the figure, and no two texts on each other."""
    width, height = figure.canvas.get_width_height()
    boxes = text_boxes(figure)
    names, places = list(boxes), np.array(list(boxes.values()))
    x0, y0, x1, y1 = places.T
    outside = (x0 < 0) | (y0 < 0) | (x1 > width) | (y1 > height)
    assert not outside.any(), [names[i] for i in np.flatnonzero(outside)]
    across = (x0[:, None] < x1 - TOUCH) & (x0 < x1[:, None] - TOUCH)
    down = (y0[:, None] < y1 - TOUCH) & (y0 < y1[:, None] - TOUCH)
    pairs = np.argwhere(np.triu(across & down, 1))
    assert not len(pairs), [(names[i], names[j]) for i, j in pairs]


def assert_text_clear_of_plot(figure: Figure) -> None:
    """No table text reaches into the area where intervals are drawn."""
    x_low, y_low, x_high, y_high = figure.axes[0].get_window_extent().extents
    for name, (x0, y0, x1, y1) in text_boxes(figure).items():
        inside = x0 < x_high and x1 > x_low and y0 < y_high - TOUCH and y1 > y_low + TOUCH
        assert not inside, name
