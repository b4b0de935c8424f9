"""The two tiers of tests: scripts/test leaves out what is marked large."""

import pytest


def small(first, *others):
    """Return parameters of which the first alone is in the small tier."""
    cases = (other if isinstance(other, tuple) else (other,) for other in others)
    return [first, *(pytest.param(*case, marks=pytest.mark.large) for case in cases)]
