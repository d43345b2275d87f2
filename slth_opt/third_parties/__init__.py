"""Readers and solvers of other people, tried on the files that this package exports.

An exported file is only worth something if others read in it what we wrote. So each solver
reads the file with its own reader, knows nothing else of the problem, and answers by the names
of the variables; the answer is audited in integers like any other claim.
"""

from slth_opt.errors import BackendError
from slth_opt.third_parties import cbc_files, cp_sat_files, highs_files, scip_files
from slth_opt.third_parties.judging import check_file, judge
from slth_opt.third_parties.records import Finding, Reader, Said

READERS: tuple[Reader, ...] = (
    cbc_files.READER,
    highs_files.READER,
    scip_files.READER,
    cp_sat_files.READER,
)
"""Every third party there is; a new one is one file and one entry here."""


def reader_named(name: str) -> Reader:
    """Return the third party of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> reader_named("highs").formats
    ('mps', 'lp')
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    known = ", ".join(reader.name for reader in READERS)
    raise BackendError(f"there is no third party {name!r}; there are {known}")


__all__ = ["READERS", "Finding", "Reader", "Said", "check_file", "judge", "reader_named"]
