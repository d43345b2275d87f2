"""Studies, one file each. A new one is one file and one entry here."""

from collections.abc import Callable
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.experiments import Study
from slth_opt.networks import Network
from slth_opt.studies import (
    all_targets,
    block_sharing,
    burkholz_statistics,
    density_overparameterization,
    hardness,
    heuristic_gap,
    pensia_weights,
    quantised,
    rfss_threshold,
    shared_source,
    sign_pooling,
    solver_times,
    solver_truth,
)

STUDIES: tuple[Study, ...] = (
    rfss_threshold.STUDY,
    burkholz_statistics.STUDY,
    quantised.STUDY,
    pensia_weights.STUDY,
    density_overparameterization.STUDY,
    heuristic_gap.STUDY,
    sign_pooling.STUDY,
    all_targets.STUDY,
    shared_source.STUDY,
    solver_truth.STUDY,
    solver_times.STUDY,
    hardness.STUDY,
    block_sharing.STUDY,
)
"""Every study there is; command line, tests and docs read this."""


ABOUT_TARGETS: dict[str, Callable[[Network, Any], Study]] = {
    pensia_weights.STUDY.name: pensia_weights.study_of,
}
"""The studies that are about a network, and may be asked about any."""


def study_about(name: str, target: Network, images: Any = None) -> Study:
    """Return the study of a name about a network of your own, and test images for it if you like.

    Examples
    --------
    >>> from slth_opt.networks import shipped_target
    >>> study_about("quantised", shipped_target("digits"))
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: study 'quantised' takes no target; pensia-weights does
    """
    study = study_named(name)
    if study.name not in ABOUT_TARGETS:
        known = ", ".join(ABOUT_TARGETS)
        raise ProblemError(f"study {name!r} takes no target; {known} does")
    return ABOUT_TARGETS[study.name](target, images)


def study_named(name: str) -> Study:
    """Return the study of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> study_named("quantised").source
    'Borgs, Chayes and Pittel 2001; Kumar and Natale 2025'
    """
    for study in STUDIES:
        if study.name == name:
            return study
    known = ", ".join(study.name for study in STUDIES)
    raise ProblemError(f"there is no study {name!r}; there are {known}")
