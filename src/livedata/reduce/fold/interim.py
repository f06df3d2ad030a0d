"""Until build.py is there."""
from ..pixels.projection import Logical
from .accumulate import Accumulator
from .binning import Definition
from .counted import Counted
from ..axis import Axes
from ..prepare import result_axes, layout_of


class _Fold:
    def __init__(self, d, s):
        self.axes = result_axes(d, s)
        self.a = Accumulator(Definition(self.axes, layout_of(d, s) if d.projection else None))

    first_ns = property(lambda self: self.a.first_ns)
    last_ns = property(lambda self: self.a.last_ns)
    n_seen = property(lambda self: self.a.n_seen)
    ledger = property(lambda self: self.a.ledger)

    def add(self, batch, judge):
        self.a.fold(batch)

    def counted(self):
        return Counted(self.axes, self.a.counts(), None, self.a.ledger)

    def picture(self):
        c, n = self.a.picture()
        return Counted(Axes(tuple(self.axes)[:n]), c, None, self.a.ledger)


def make_fold(d, s):
    return _Fold(d, s)
