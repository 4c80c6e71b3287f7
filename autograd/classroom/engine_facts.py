"""The facts of an engine: what a student's own Value is held against, in the order in which one writes it."""

from autograd.classroom.facts import Fact, Facts

OVERWRITTEN = "The second use of the node overwrites what the first one contributed: write += where you wrote =."

ENGINE: Facts = {
    "data": (
        Fact(
            "a Value stores its number",
            "a = Value(2.0)\na.data",
            2.0,
            {
                "AttributeError": "__init__ keeps the number: self.data = data.",
            },
        ),
        Fact(
            "Values are apart from each other",
            "a = Value(2.0)\nb = Value(-3.0)\n[a.data, b.data]",
            [2.0, -3.0],
            {
                (-3.0, -3.0): "Both have the number of the last: keep it in self.data, not in the class.",
            },
        ),
        Fact(
            "the gradient is 0 at first",
            "a = Value(2.0)\na.grad",
            0.0,
            {
                2.0: "grad starts at 0, not at the number: self.grad = 0.0.",
                1.0: "grad starts at 0; only backward() sets that of its own node to 1.",
            },
        ),
    ),
    "reuse": (
        Fact("a + a counts both uses of a", "a = Value(3.0)\nb = a + a\nb.backward()\na.grad", 2.0, {1.0: OVERWRITTEN}),
    ),
}
