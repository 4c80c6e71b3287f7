"""In which order operations can be done: level by level, or as many as can be of one kind one after the other."""

from collections import deque
from collections.abc import Sequence

from autograd.derivatives import Operation
from autograd.value import engine_name

Levels = list[list[int]]


def levels_of(
    ops: Sequence[Operation | None],
    operands: Sequence[tuple[int, ...]],
    of_lanes: bytearray,
    active: bytearray,
    held: Operation,
) -> tuple[Levels, Levels]:
    """The operations that do not depend on each other, level by level: those whose results are uniform, and the others.

    Whether a result is of lanes, and whether derivatives pass through it, is written where it is known of the leaves.

    >>> from autograd.compiling.program import held
    >>> from autograd.derivatives import add
    >>> of_lanes, active = bytearray([1, 0, 0, 0, 0]), bytearray([0, 1, 0, 0, 0])
    >>> levels_of([None, None, add, add, held], [(), (), (0, 1), (1, 1), (2,)], of_lanes, active, held)
    ([[3]], [[2], [4]])
    >>> of_lanes, active
    (bytearray(b'\\x01\\x00\\x01\\x00\\x01'), bytearray(b'\\x00\\x01\\x01\\x01\\x00'))
    """
    depth = [0] * len(ops)
    lives_at, is_active, depth_of = of_lanes.__getitem__, active.__getitem__, depth.__getitem__
    levels: tuple[Levels, Levels] = [], []
    for i, (op, own) in enumerate(zip(ops, operands)):
        if op is None:
            continue
        of_lanes[i] = kind = 1 in map(lives_at, own)
        active[i] = op is not held and 1 in map(is_active, own)
        depth[i] = at = 1 + max(map(depth_of, own))
        same_kind = levels[kind]
        while len(same_kind) < at:
            same_kind.append([])
        same_kind[at - 1].append(i)
    return [x for x in levels[0] if x], [x for x in levels[1] if x]


def scheduled(kinds: Sequence[int], members: Sequence[int], operands: Sequence[tuple[int, ...]]) -> list[int]:
    """An order in which operations come after those that they need, and few come after one of another kind.

    It goes on with a kind as long as one of these is ready, and then with the kind of which most are. Of two with as
    many it takes the one whose first is farther from the end: others wait for that one.

    kinds: of each operation, counted from 0. members: their numbers, in an order that would do. operands: by number.

    >>> scheduled([0, 1, 0, 1], [4, 5, 6, 7], [(), (), (), (), (0, 1), (4, 1), (1, 2), (6, 0)])
    [0, 2, 1, 3]
    >>> scheduled([0, 1, 0], [4, 5, 6], [(), (), (), (), (0,), (1,), (5,)])
    [1, 0, 2]
    """
    place = {i: k for k, i in enumerate(members)}
    users: list[list[int]] = [[] for _ in members]
    missing = [0] * len(members)
    for k, i in enumerate(members):
        for x in operands[i]:
            before = place.get(x)
            if before is not None:
                users[before].append(k)
                missing[k] += 1
    from_end = [0] * len(members)
    for k in reversed(range(len(members))):
        from_end[k] = 1 + max([from_end[user] for user in users[k]], default=0)
    ready: list[deque[int]] = [deque() for _ in range(max(kinds) + 1)]
    for k, kind in enumerate(kinds):
        if not missing[k]:
            ready[kind].append(k)
    order: list[int] = []
    while len(order) < len(members):
        _, _, kind = min([(-len(queue), -from_end[queue[0]], k) for k, queue in enumerate(ready) if queue])
        queue = ready[kind]
        while queue:
            k = queue.popleft()
            order.append(k)
            for user in users[k]:
                missing[user] -= 1
                if not missing[user]:
                    ready[kinds[user]].append(user)
    return order


if engine_name == "native":
    from autograd.native._engine import hand_over

    levels_of, scheduled = hand_over(levels_of), hand_over(scheduled)
