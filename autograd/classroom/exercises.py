"""The exercises of the lessons: by its number, the facts that an answer must satisfy.

A program calls the answer `answer`, whatever the student called it; the report shows the student's own name. It may
be a function, a class, an object or a number. Names of the project are imported by the program:

    "03.2": (
        Fact(
            "the derivative of x² at 3 is 6",
            "answer(lambda x: x**2, 3.0)",
            6.0,
            {9.0: "this is the value, not the derivative: divide the difference by h"},
            tolerance=1e-3,
        ),
        Fact(
            "a Value goes in as well",
            '''
            from autograd import Value
            answer(Value(2.0)).data
            ''',
            4.0,
        ),
    ),

In a notebook: check(my_answer, "03.2").
"""

from autograd.classroom.facts import Facts

EXERCISES: Facts = {}
