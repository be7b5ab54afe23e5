"""Groups of faces that one person can be named with by one key.

Agglomerative clustering under the two-covariance model of the stranger bank (Brümmer and de Villiers 2010), as it is
done for speakers (Villalba and Lleida 2012): the two clusters whose union is most likely one person are merged, again
and again, as long as the log-likelihood ratio "one person / two people" is high enough. Only clusters that are near
somewhere are compared: a sparse graph of nearest neighbours, found exactly in blocks of a matrix product.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import usable
from tui_tagger.faces.strangers import StrangerBank

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
GoOn = Callable[[int, int], bool]  # done, total -> whether to go on

# In units of the bank's temperature; chosen on half of the validation people, but for the growth (benchmarks/README.md)
LEAST = 3.0  # of the mean log-likelihood ratio of the pairs that a merger makes
MARGIN = 3.35  # by which the log-likelihood ratio of a merger must exceed that
FEW = 1000  # faces; the more there are, the more look alike by chance
GROWTH = 0.5  # people among n faces grow as this power of n: most are of those who were there before
NEIGHBOURS = 32  # of one face in the graph
BLOCK = 2048  # faces a side of one matrix product
PENDING = 4_000_000  # pairs kept before the graph is thinned out
CHECK_EVERY = 1000  # mergers between two questions whether to go on


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of n faces besides how they look.

    `photos` [n] says which faces are together in a photo; `persons` [n] who was confirmed, -1 for nobody; faces in
    `left_out` [n] (ignored, not a face) are in no cluster; `rejected` are pairs (face, person).
    """

    photos: Ints
    persons: Ints
    left_out: NDArray[np.bool_]
    rejected: Sequence[tuple[int, int]] = ()

    @classmethod
    def nothing(cls, count: int) -> Known:
        """Every face is in a photo of its own, and nobody decided anything."""
        return cls(np.arange(count), np.full(count, -1), np.zeros(count, np.bool_))


@dataclass(frozen=True, slots=True)
class Cluster:
    """At least two faces that are taken for one person.

    `members` are indices, the most typical first; `cohesion` says of each how well it fits to the others, 0 to 1, one
    half where mergers begin to be refused; `person` is the one confirmed person among them, or -1.
    """

    members: tuple[int, ...]
    cohesion: tuple[float, ...]
    person: int


def clusters(
    bank: StrangerBank,
    embeddings: NDArray[np.floating],
    known: Known | None = None,
    go_on: GoOn = lambda _done, _total: True,
) -> tuple[Cluster, ...] | None:
    """The clusters among `embeddings` [n, d] of any float type, the largest first; None if `go_on` ended it.

    No two faces of a photo, of two confirmed people, or of a person and a face rejected for that person are in one
    cluster. The order of the input changes nothing. Embeddings that are zero or not finite are in no cluster. Time
    grows with n^2, memory with n.
    """
    rows = np.asarray(embeddings).reshape(-1, len(bank.mean))
    facts = known or Known.nothing(len(rows))
    order = _usable(rows, facts)
    space = _Space.of(bank, rows, order)
    graph = _neighbours(space, go_on)
    if graph is None:
        return None
    merging = _Merging(space, graph, _constraints(facts, order))
    if not merging.run(go_on):
        return None
    found = [_described(space, merging, order, root) for root in merging.roots()]
    return tuple(sorted(found, key=lambda cluster: (-len(cluster.members), min(cluster.members))))


def _usable(rows: NDArray[np.floating], known: Known) -> Ints:
    """The faces to cluster in an order that depends only on what is known of each."""
    told = np.stack([np.asarray(each, np.int64) for each in (known.photos, known.persons, _rejections(known))], 1)
    digests, sound = [], ~np.asarray(known.left_out, np.bool_)
    for at in range(0, len(rows), BLOCK):
        block = slice(at, at + BLOCK)
        sound[block] &= usable(rows[block], rows.shape[1])[1]
        pairs = zip(np.ascontiguousarray(rows[block]), told[block], strict=True)
        digests += [blake2b(row.tobytes() + about.tobytes(), digest_size=16).digest() for row, about in pairs]
    found = np.flatnonzero(sound)
    keys = np.frombuffer(b"".join(digests), "V16")[found]
    return found[np.argsort(keys, kind="stable")]


def _rejections(known: Known) -> Ints:
    """A number [n] for each face that tells whom it was rejected for."""
    persons: dict[int, set[int]] = defaultdict(set)
    for face, person in known.rejected:
        persons[int(face)].add(int(person))
    numbers = {one: number for number, one in enumerate(sorted({tuple(sorted(each)) for each in persons.values()}), 1)}
    found = np.zeros(len(known.photos), np.int64)
    for face, each in persons.items():
        found[face] = numbers[tuple(sorted(each))]
    return found


def alike_from(bank: StrangerBank) -> float:
    """The least mean log-likelihood ratio of the pairs of a merger."""
    return LEAST * bank.settings.temperature


def merge_from(bank: StrangerBank, count: int) -> float:
    """The least log-likelihood ratio of a merger among `count` faces.

    The prior odds of "one person" fall as one over the number of people.
    """
    growth = GROWTH * float(np.log(max(count, FEW) / FEW))
    return alike_from(bank) + bank.settings.temperature * (MARGIN + growth)


# --- likeness -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Space:
    """Faces as the bank sees them, and the log-likelihood ratio that two of them are one person.

    For points x and y with within-person covariance 1 and between-person variance b it is, summed over dimensions,
    weight x y - (cost x^2 + cost y^2) / 2 + constant, with weight = b / (1 + 2 b) and cost = weight b / (1 + b).
    """

    points: Floats  # [n, D]
    costs: NDArray[np.float64]  # [n]
    weight: Floats  # [D]
    constant: float
    between: Floats
    threshold: float  # least mean log-likelihood ratio of the pairs of a merger
    merge: float  # least log-likelihood ratio of a merger
    temperature: float

    @classmethod
    def of(cls, bank: StrangerBank, embeddings: NDArray[np.floating], order: Ints) -> _Space:
        between = bank.between.astype(np.float64)
        weight = between / (1 + 2 * between)
        halves = (weight * between / (1 + between) / 2).astype(np.float32)
        points, costs = np.empty((len(order), len(between)), np.float32), np.empty(len(order))
        for at in range(0, len(order), BLOCK):
            some = bank.project(usable(embeddings[order[at : at + BLOCK]], len(bank.mean))[0])
            points[at : at + BLOCK], costs[at : at + BLOCK] = some, some**2 @ halves
        return cls(
            points,
            costs,
            weight.astype(np.float32),
            float((np.log1p(between) - np.log1p(2 * between) / 2).sum()),
            bank.between,
            alike_from(bank),
            merge_from(bank, len(points)),
            bank.settings.temperature,
        )

    def __len__(self) -> int:
        return len(self.points)


Graph = tuple[Ints, NDArray[np.int32]]  # where each face's neighbours start [n + 1], and the neighbours


def _neighbours(space: _Space, go_on: GoOn) -> Graph | None:
    """The nearest faces of each that are alike enough, made symmetric."""
    pairs, pending = _thinned([], len(space)), []
    for done, found in enumerate(_alike(space)):
        pending.append(found)
        if sum(len(part[0]) for part in pending) > PENDING:
            pairs, pending = _thinned([pairs, *pending], len(space)), []
        if not go_on(done, _tiles(len(space))):
            return None
    first, second, _ = _thinned([pairs, *pending], len(space))
    both = np.unique(np.stack([np.r_[first, second], np.r_[second, first]], 1), axis=0)
    return np.searchsorted(both[:, 0], np.arange(len(space) + 1)), both[:, 1].astype(np.int32)


Pairs = tuple[NDArray[np.int32], NDArray[np.int32], Floats]  # two faces and how alike they are


def _tiles(count: int) -> int:
    blocks = -(-count // BLOCK)
    return blocks * (blocks + 1) // 2


def _alike(space: _Space) -> Iterator[Pairs]:
    """All pairs above the threshold, each once, tile by tile; of a crowded tile the NEIGHBOURS best of each face."""
    root, costs = np.sqrt(space.weight), space.costs.astype(np.float32)[:, None]

    def block(at: int, *further: Floats) -> Floats:
        return np.hstack([space.points[at : at + BLOCK] * root, *(each[at : at + BLOCK] for each in further)])

    ones = np.ones_like(costs)
    for top in range(0, len(space), BLOCK):
        rows = block(top, np.float32(space.constant) - costs, ones)  # the whole ratio is one product
        for left in range(top, len(space), BLOCK):
            ratios = rows @ block(left, ones, -costs).T
            if top == left:
                ratios[np.tri(len(rows), dtype=np.bool_)] = -np.inf
            first, second = np.divmod(np.flatnonzero(_worth(ratios, space.threshold)), ratios.shape[1])
            yield (first + top).astype(np.int32), (second + left).astype(np.int32), ratios[first, second]


def _worth(ratios: Floats, least: float) -> NDArray[np.bool_]:
    high = ratios >= np.float32(least)
    if high.sum() <= NEIGHBOURS * sum(ratios.shape) or min(ratios.shape) <= NEIGHBOURS:
        return high
    across = np.partition(ratios, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]
    down = np.partition(ratios, -NEIGHBOURS, axis=0)[None, -NEIGHBOURS]
    return np.asarray(high & ((ratios >= across) | (ratios >= down)))


def _thinned(parts: Sequence[Pairs], count: int) -> Pairs:
    """The pairs that are among the NEIGHBOURS best of one of their faces."""
    if not parts:
        return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
    first, second, ratios = (np.concatenate(column) for column in zip(*parts, strict=True))
    kept = np.zeros(len(ratios), np.bool_)
    for one, other in ((first, second), (second, first)):
        order = np.lexsort((other, -ratios, one))
        ranks = np.arange(len(order)) - np.searchsorted(one[order], np.arange(count))[one[order]]
        kept[order[ranks < NEIGHBOURS]] = True
    return first[kept], second[kept], ratios[kept]


# --- merging --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bounds:
    """What keeps a cluster from others."""

    photos: set[int]
    person: int
    rejected: set[int] = field(default_factory=set)

    def admits(self, other: _Bounds) -> bool:
        return (
            (self.person < 0 or other.person < 0 or self.person == other.person)
            and self.person not in other.rejected
            and other.person not in self.rejected
            and self.photos.isdisjoint(other.photos)
        )

    def add(self, other: _Bounds) -> None:
        self.photos |= other.photos
        self.rejected |= other.rejected
        self.person = max(self.person, other.person)


def _constraints(known: Known, order: Ints) -> list[_Bounds]:
    rejected: dict[int, set[int]] = defaultdict(set)
    for face, person in known.rejected:
        rejected[int(face)].add(int(person))
    photos, persons = known.photos.tolist(), known.persons.tolist()
    return [  # a face that was rejected for a person and then confirmed as that person is confirmed
        _Bounds({photos[face]}, persons[face], rejected[face] - {persons[face]}) for face in order.tolist()
    ]


class _Merging:
    """Clusters, each under the number of one of its faces, its root; a heap holds the best partner of each."""

    def __init__(self, space: _Space, graph: Graph, bounds: list[_Bounds]) -> None:
        count = len(space)
        self._space = space
        self._bounds = bounds
        self._members: list[list[int]] = [[face] for face in range(count)]
        self._owner = np.arange(count)
        self._near = [graph[1][start:end] for start, end in zip(graph[0], graph[0][1:], strict=False)]
        self._sums = space.points.copy()
        self._costs = space.costs.copy()
        self._sizes = np.ones(count, np.int64)
        self._volumes = np.empty(0)  # of clusters by size
        parts = (slice(at, at + BLOCK) for at in range(0, count, BLOCK))
        self._evidence = np.concatenate(
            [np.empty(0), *(self._likelihood(self._sums[part], self._sizes[part]) for part in parts)]
        )
        self._changed = [0] * count  # how often a root's cluster has grown; -1 when it has gone into another
        self._heap: list[tuple[float, int, int, int, int]] = []

    def run(self, go_on: GoOn) -> bool:
        """Merges as long as it is likely; False if `go_on` ended it."""
        for face, near in enumerate(self._near):
            if len(near):
                self._offer(face)
        steps = 0
        while self._heap:
            _, one, other, age, other_age = heapq.heappop(self._heap)
            if self._changed[one] != age:
                continue  # it has grown, and offered itself again
            if self._changed[other] == other_age:
                self._merge(one, other)
            else:
                self._offer(one)
            steps += 1
            if steps % CHECK_EVERY == 0 and not go_on(len(self._owner), len(self._owner)):
                return False
        return True

    def roots(self) -> Iterator[int]:
        return (root for root, members in enumerate(self._members) if len(members) > 1)

    def members(self, root: int) -> list[int]:
        return self._members[root]

    def person(self, root: int) -> int:
        return self._bounds[root].person

    def fits(self, root: int) -> NDArray[np.float64]:
        """Mean log-likelihood ratio of each member to the others."""
        space, members = self._space, self._members[root]
        points, costs, others = space.points[members], space.costs[members], len(members) - 1
        products = points @ (space.weight * self._sums[root]) - points**2 @ space.weight
        return np.asarray(products / others - costs - (costs.sum() - costs) / others + space.constant)

    def _offer(self, one: int) -> None:
        """Puts the best partner of a cluster on the heap, if there is one."""
        near = np.unique(self._owner[self._near[one]])
        near = near[near != one]
        self._near[one] = near
        if not len(near):
            return
        gains = self._gains(one, near)
        for place in np.argsort(-gains, kind="stable").tolist():
            if gains[place] < self._space.merge:
                return
            other = int(near[place])
            if self._bounds[one].admits(self._bounds[other]):
                entry = (-float(gains[place]), one, other, self._changed[one], self._changed[other])
                heapq.heappush(self._heap, entry)
                return

    def _gains(self, one: int, near: Ints) -> NDArray[np.float64]:
        """Log-likelihood ratios of a cluster and each of those `near`, -inf where their faces are not alike enough."""
        space, sizes = self._space, self._sizes[near]
        sums = self._sums[near]
        gains = self._likelihood(sums + self._sums[one], sizes + self._sizes[one])
        gains -= self._evidence[near] + self._evidence[one]
        alike = sums @ (space.weight * self._sums[one]) / (sizes * self._sizes[one]) + space.constant
        alike -= self._costs[near] / sizes + self._costs[one] / self._sizes[one]
        return np.where(alike >= space.threshold, gains, -np.inf)

    def _likelihood(self, sums: Floats, sizes: Ints) -> NDArray[np.float64]:
        """Log-likelihood of clusters [m] with `sums` [m, D] as one person each, without what every split shares."""
        between = self._space.between
        shrunk = between / (1 + sizes.astype(np.float32)[:, None] * between)
        volumes = self._volume(sizes)
        return np.asarray(np.einsum("md,md,md->m", sums, sums, shrunk, optimize=False) - volumes, np.float64) / 2

    def _volume(self, sizes: Ints) -> NDArray[np.float64]:
        first, last = len(self._volumes), int(sizes.max(initial=0))
        if last >= first:
            further, between = np.arange(first, last + 64.0)[:, None], self._space.between.astype(np.float64)
            self._volumes = np.append(self._volumes, np.log1p(further * between).sum(1))
        return np.asarray(self._volumes[sizes], np.float64)

    def _merge(self, one: int, other: int) -> None:
        root, gone = (one, other) if len(self._members[one]) >= len(self._members[other]) else (other, one)
        self._owner[self._members[gone]] = root
        self._members[root] += self._members[gone]
        self._members[gone] = []
        self._bounds[root].add(self._bounds[gone])
        self._near[root] = np.concatenate([self._near[root], self._near[gone]])
        self._sums[root] += self._sums[gone]
        self._costs[root] += self._costs[gone]
        self._sizes[root] += self._sizes[gone]
        self._evidence[root] = self._likelihood(self._sums[root : root + 1], self._sizes[root : root + 1])[0]
        self._changed[root] += 1
        self._changed[gone] = -1
        self._offer(root)


def _described(space: _Space, merging: _Merging, order: Ints, root: int) -> Cluster:
    fits, members = merging.fits(root).round(3), order[merging.members(root)]  # equal faces differ in single precision
    typical = np.lexsort((members, -fits))
    cohesion = 1 / (1 + np.exp(-np.clip((fits - space.threshold) / space.temperature, -50, 50)))
    return Cluster(
        tuple(members[typical].tolist()),
        tuple(round(float(value), 4) for value in cohesion[typical]),
        merging.person(root),
    )
