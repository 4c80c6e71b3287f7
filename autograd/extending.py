"""What packages that build on autograd need beside the public names, as nn does: checks, files, compiled programs.

to_float(x, what): a real number of any type as a float; TypeError, which names `what`, for anything else.
write_whole(path, content): writes bytes to a file as a whole or not at all.
check_installation(): ImportError where the older package autograd lies over this one, or in its place.
depends_on(owner, name, setting): for a function of Values that goes on by a setting, owner.name, which is no number of
    its own: once compiled it is recorded again when that is another one.
cannot_be_done_again(what): for a function of Values that does what no recording can do again, "random" for drawing
    random numbers, "running" for moving numbers beside the parameters: CannotCompile while it is compiled.

>>> to_float(3, "the width")
3.0
>>> from autograd import Value, compile
>>> class Scaled:
...     def __init__(self):
...         self.doubled = True
...     def __call__(self, x):
...         depends_on(self, "doubled", self.doubled)
...         return x * 2.0 if self.doubled else x * 1.0
>>> scaled = Scaled()
>>> program = compile(lambda x: scaled(x))
>>> x = Value(3.0)
>>> first = program(x).data
>>> scaled.doubled = False
>>> first, program(x).data
(6.0, 3.0)
"""

from autograd.derivatives import to_float
from autograd.files import write_whole
from autograd.installation import check_installation
from autograd.recording import cannot_be_done_again, depends_on

__all__ = ["cannot_be_done_again", "check_installation", "depends_on", "to_float", "write_whole"]
