# The functions of schedule.py: in which order operations are done.

def fast_levels_of(list ops, list operands, bytearray of_lanes, bytearray active, held):
    cdef Py_ssize_t i, q, x, n = len(ops), at
    cdef uint8_t* lives = <uint8_t*><char*>of_lanes
    cdef uint8_t* is_active = <uint8_t*><char*>active
    cdef Room room = Room()
    cdef int32_t* depth = ints_for(room, n)
    cdef tuple own
    cdef list uniform = [], lanes = [], same_kind
    if len(of_lanes) < n or len(active) < n or len(operands) < n:
        raise ValueError("there is something to say of every operation")
    for i in range(n):
        op = ops[i]
        if op is None:
            continue
        own = operands[i]
        at = 0
        for q in range(len(own)):
            x = within(own[q], n)
            at = max(at, depth[x])
            lives[i] |= lives[x]
            is_active[i] |= is_active[x]
        if op is held:
            is_active[i] = 0
        depth[i] = <int32_t>(at + 1)
        same_kind = lanes if lives[i] else uniform
        while len(same_kind) <= at:
            same_kind.append([])
        (<list>same_kind[at]).append(i)
    return [level for level in uniform if level], [level for level in lanes if level]


def fast_scheduled(list kinds, list members, list operands):
    cdef Py_ssize_t n = len(members), n_kinds = max(kinds) + 1, i, k, q, user, kind, at = 0, largest
    cdef Py_ssize_t low = min(members), n_places = max(members) - low + 1, n_edges = 0
    cdef Room room = Room()
    cdef int32_t* place  # of a number among the members, -1 for others
    cdef int32_t* kind_of
    cdef int32_t* missing
    cdef int32_t* first_user  # of each member: an edge; each edge leads to the next one
    cdef int32_t* following
    cdef int32_t* user_of
    cdef int32_t* last_user
    cdef int32_t* head  # of the queue of a kind: a member; each member leads to the next one
    cdef int32_t* tail
    cdef int32_t* size
    cdef int32_t* behind
    cdef int32_t* from_end
    cdef tuple own
    cdef list order = []
    for k in range(n):
        n_edges += len(<tuple>operands[<Py_ssize_t>members[k]])
    place = ints_for(room, n_places)
    kind_of, missing, behind = ints_for(room, n), ints_for(room, n), ints_for(room, n)
    first_user, last_user, from_end = ints_for(room, n), ints_for(room, n), ints_for(room, n)
    following, user_of = ints_for(room, n_edges), ints_for(room, n_edges)
    head, tail, size = ints_for(room, n_kinds), ints_for(room, n_kinds), ints_for(room, n_kinds)
    for i in range(n_places):
        place[i] = -1
    for k in range(n):
        place[<Py_ssize_t>members[k] - low] = k
        kind_of[k], missing[k], first_user[k] = kinds[k], 0, -1
    for kind in range(n_kinds):
        head[kind], size[kind] = -1, 0
    for k in range(n):
        own = operands[<Py_ssize_t>members[k]]
        for q in range(len(own)):
            i = <Py_ssize_t>own[q] - low
            if 0 <= i < n_places and place[i] >= 0:
                i = place[i]
                user_of[at], following[at] = k, -1
                if first_user[i] < 0:
                    first_user[i] = at
                else:
                    following[last_user[i]] = at
                last_user[i] = at
                at += 1
                missing[k] += 1
    for k in range(n - 1, -1, -1):
        from_end[k] = 1
        i = first_user[k]
        while i >= 0:
            from_end[k] = max(from_end[k], from_end[user_of[i]] + 1)
            i = following[i]
    for k in range(n):
        if missing[k] == 0:
            put_behind(k, kind_of[k], head, tail, size, behind)
    while True:
        largest = -1
        for kind in range(n_kinds):
            if size[kind] and (largest < 0 or size[kind] > size[largest] or (
                    size[kind] == size[largest] and from_end[head[kind]] > from_end[head[largest]])):
                largest = kind
        if largest < 0:
            break
        while size[largest] > 0:
            k = head[largest]
            head[largest] = behind[k]
            size[largest] -= 1
            order.append(k)
            i = first_user[k]
            while i >= 0:
                user = user_of[i]
                missing[user] -= 1
                if missing[user] == 0:
                    put_behind(user, kind_of[user], head, tail, size, behind)
                i = following[i]
    return order


cdef inline int32_t* ints_for(Room room, Py_ssize_t n) except NULL:
    return <int32_t*>room.take(n, sizeof(int32_t))


cdef inline void put_behind(Py_ssize_t k, Py_ssize_t kind, int32_t* head, int32_t* tail, int32_t* size,
                            int32_t* behind) noexcept:
    """At the end of the queue of its kind."""
    behind[k] = -1
    if size[kind] == 0:
        head[kind] = k
    else:
        behind[tail[kind]] = k
    tail[kind] = k
    size[kind] += 1
