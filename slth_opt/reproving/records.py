"""What a search below a bound came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproof:
    """What a search below a bound came to.

    Parameters
    ----------
    complete
        Whether everything below the bound was looked at.
    found
        A value below the bound that some legal selection has; the least one if complete.
    """

    complete: bool
    found: int | None
