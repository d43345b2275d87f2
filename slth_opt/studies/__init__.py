"""Studies, one file each. A new one is one file and one entry here."""

from slth_opt.errors import ProblemError
from slth_opt.experiments import Study
from slth_opt.studies import burkholz_statistics, quantised, rfss_threshold

STUDIES: tuple[Study, ...] = (
    rfss_threshold.STUDY,
    burkholz_statistics.STUDY,
    quantised.STUDY,
)
"""Every study there is; command line, tests and docs read this."""


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
