"""Every way this package says no: one root, a handful of children.

Each message says what was given, what is possible and what to do. Errors of foreign
libraries never leak through a public function.
"""


class SlthError(Exception):
    """The root of every error this package raises on purpose."""


class ProblemError(SlthError, ValueError):
    """The numbers given do not make a problem: NaN, an empty pool, a size above n, ..."""


class GridError(ProblemError):
    """A real number does not lie on the grid, or the grid has too few bits for it."""


class BackendError(SlthError, ValueError):
    """An unknown backend, or one that cannot take this problem or honour this effort."""


class FileError(SlthError, ValueError):
    """A file that is truncated, of another schema, or holds what it must not."""


class ClaimRejected(SlthError):
    """A method claimed something the audit proved impossible."""


class CertificateRejected(SlthError):
    """A well-formed certificate says something that is not true."""
