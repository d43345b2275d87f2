"""Certificates: what they say, how they are written, and whether they are true."""

from slth_opt.certificates.records import (
    Certificate,
    Evidence,
    Witness,
    evidence_for,
    is_hopeless,
)
from slth_opt.certificates.verifying import VerifyReport, verify
from slth_opt.certificates.written import (
    certificate_from_dict,
    certificate_to_dict,
    seal_of,
    sealed,
)

__all__ = [
    "Certificate",
    "Evidence",
    "VerifyReport",
    "Witness",
    "certificate_from_dict",
    "certificate_to_dict",
    "evidence_for",
    "is_hopeless",
    "seal_of",
    "sealed",
    "verify",
]
