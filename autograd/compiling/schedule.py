"""In which order operations of a tape are done: as many as can be of the same kind one after the other."""

from collections import deque
from collections.abc import Sequence

from autograd.value import engine_name


def scheduled(kinds: Sequence[int], members: Sequence[int], operands: Sequence[tuple[int, ...]]) -> list[int]:
    """An order in which operations come after those that they need, and few come after one of another kind.

    It goes on with a kind as long as one of these is ready, and then with the kind of which most are.

    kinds: of each operation, counted from 0. members: their numbers, in an order that would do. operands: by number.

    >>> scheduled([0, 1, 0, 1], [4, 5, 6, 7], [(), (), (), (), (0, 1), (4, 1), (1, 2), (6, 0)])
    [0, 2, 1, 3]
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
    ready: list[deque[int]] = [deque() for _ in range(max(kinds) + 1)]
    for k, kind in enumerate(kinds):
        if not missing[k]:
            ready[kind].append(k)
    order: list[int] = []
    while len(order) < len(members):
        queue = max(ready, key=len)
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

    scheduled = hand_over(scheduled)
