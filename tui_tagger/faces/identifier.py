"""Open-set identification: a Gaussian mixture of the enrolled people and of strangers.

A person is one Gaussian (components.py) and one confirmed face is enough; with spherical covariances it is cosine to
the person's mean. Plain NumPy: this runs in the terminal's process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Floats, StrangerBank, log_sum_exp, usable
from tui_tagger.faces.components import Component, component, left_out_densities, log_densities
from tui_tagger.faces.recommendation import LEVELS, Candidate, Identification, levels, reasons
from tui_tagger.faces.scores import Scores, Summary

__all__ = ["LEVELS", "Candidate", "Identification", "Identifier", "Scores", "Summary", "levels"]

MOST_NEAREST = 3
MOST_CANDIDATES = 9

Recall = Callable[[int], NDArray[np.float32]]


class Identifier:
    """Who is it, if anybody: `gallery` maps a person's id to their confirmed faces, unit embeddings [n, d].

    `recall` gives the enrolled faces [n, d] of a person again, for one who keeps them elsewhere, as unit rows, those of
    no use as zeros; else they are kept.
    """

    def __init__(
        self, bank: StrangerBank, gallery: Mapping[int, NDArray[np.float32]], recall: Recall | None = None
    ) -> None:
        self.bank = bank
        self._faces: dict[int, Floats] = {}
        self._recall = recall
        self._components: dict[int, Component] = {}
        for person, embeddings in gallery.items():
            self.enrol(person, embeddings)

    def copy(self) -> Identifier:
        """The same people; enrolling somebody in one leaves the other alone."""
        same = Identifier(self.bank, {}, self._recall)
        same._faces, same._components = dict(self._faces), dict(self._components)
        return same

    def take(self, person: int, other: Identifier) -> None:
        """Has `person` enrolled, or not, as in `other`."""
        self.forget(person)
        if person in other._components:
            self._components[person] = other._components[person]
            if person in other._faces:
                self._faces[person] = other._faces[person]

    @property
    def people(self) -> tuple[int, ...]:
        """Ids of the enrolled, in the order of their enrolment."""
        return tuple(self._components)

    def enrol(self, person: int, embeddings: NDArray[np.float32]) -> None:
        """Makes `embeddings` [n, d] the gallery of `person`.

        Rows that are zero or not finite count for nothing; without any other the person is forgotten.
        """
        faces, sound = usable(embeddings, len(self.bank.mean))
        if not sound.any():
            self.forget(person)
            return
        if self._recall is None:
            self._faces[person] = faces
        self._components[person] = component(self.bank, faces[sound])

    def forget(self, person: int) -> None:
        """Removes `person`, if enrolled."""
        self._faces.pop(person, None)
        self._components.pop(person, None)

    def score(self, probes: NDArray[np.float32], people: Sequence[int] | None = None) -> Floats:
        """Log-likelihood ratios [n, people] of `probes` [n, d]: each person against faces in general, in nats."""
        points = self.bank.project(usable(probes, len(self.bank.mean))[0])
        parts = [self._components[person] for person in (self.people if people is None else people)]
        return np.asarray((log_densities(points, parts) - self.bank.general(points)).T, np.float32)

    def evidence(self, points: Floats, general: Floats, people: Sequence[int]) -> Floats:
        """Calibrated log-likelihood ratios [people, n] of `points` [n, D] of the bank's space."""
        parts = [self._components[person] for person in people]
        faces = np.array([part.faces for part in parts], np.int64)
        ratios = log_densities(points, parts)
        ratios -= general
        return self.bank.settings.evidence(ratios, faces[:, None])

    def identify(
        self, probes: NDArray[np.float32], excluded: Sequence[Collection[int]] | None = None
    ) -> list[Identification]:
        """One answer for each of `probes` [n, d]; `excluded[i]` are people that probe i was said not to be."""
        vectors, sound = usable(probes, len(self.bank.mean))
        points, people = self.bank.project(vectors), self.people
        general = self.bank.general(points)
        evidence = self.evidence(points, general, people)
        evidence[:, ~sound] = -np.inf
        for number, barred in enumerate(excluded or ()):
            evidence[[place for place, person in enumerate(people) if person in barred], number] = -np.inf
        nobody = self.bank.unknown(points, general) + self.bank.settings.prior(len(people))
        scaled = np.column_stack([evidence.T, nobody])
        probabilities = np.exp(scaled - log_sum_exp(scaled)[:, None])
        return [self._identified(*parts) for parts in zip(vectors, evidence.T, probabilities, strict=True)]

    def _identified(self, probe: Floats, evidence: Floats, probabilities: Floats) -> Identification:
        people, unknown = self.people, float(probabilities[-1])
        order = np.argsort(-evidence, kind="stable")[:MOST_CANDIDATES]
        order = order[np.isfinite(evidence[order])]
        if not len(order):
            return Identification((), unknown, LEVELS[0], ("nobody to compare with",))
        candidates = [
            Candidate(people[place], float(probabilities[place]), *self.nearest(people[place], probe))
            for place in order.tolist()
        ]
        first, threshold = order[:1], self.bank.settings.threshold
        faces = self.count(people[first[0]])
        level = int(levels(probabilities[first], evidence[first], np.array([faces]), threshold)[0])
        told = reasons(candidates, unknown, faces, bool(evidence[first[0]] >= threshold))
        return Identification(tuple(candidates), unknown, LEVELS[level], told)

    def nearest(self, person: int, probe: NDArray[np.float32]) -> tuple[float, tuple[int, ...]]:
        """Cosine of `probe` [d] to the most alike face of `person`, and the indices of the three most alike."""
        cosines = self.gallery(person) @ usable(probe, len(self.bank.mean))[0][0]
        order = np.argsort(-cosines, kind="stable")[:MOST_NEAREST]
        return float(np.clip(cosines[order[0]], -1, 1)), tuple(int(index) for index in order)

    def gallery(self, person: int) -> Floats:
        """The enrolled faces [n, d] of `person`, unit rows; those of no use are zeros."""
        return self._faces[person] if self._recall is None else self._recall(person)

    def count(self, person: int) -> int:
        """Usable enrolled faces of `person`."""
        return self._components[person].faces

    def audit(self, person: int) -> NDArray[np.float32]:
        """Probability [n] that each enrolled face of `person` is theirs, judged by their other faces only.

        The alternatives are everybody else enrolled and nobody, as for a face that waits. A low value marks a face
        that was perhaps confirmed by mistake. 1 where there is no other face to compare with, or no usable embedding.
        """
        faces, sound = usable(self.gallery(person), len(self.bank.mean))
        told = np.ones(len(faces), np.float32)
        if sound.sum() < 2:
            return told
        points = self.bank.project(faces[sound])
        general = self.bank.general(points)
        settings = self.bank.settings
        own = settings.evidence(left_out_densities(self.bank, faces[sound]) - general, len(points) - 1)
        others = self.evidence(points, general, [one for one in self.people if one != person])
        nobody = self.bank.unknown(points, general) + settings.prior(len(self.people))
        scaled = np.column_stack([own, nobody, others.T])
        told[sound] = np.exp(own - log_sum_exp(scaled))
        return told
