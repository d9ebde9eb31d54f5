"""The marks of a test module that needs a lab: `pytestmark = needs_lab`."""

from __future__ import annotations

import pytest

from tests.lab.requirements import why_not

needs_lab = [pytest.mark.lab, pytest.mark.skipif(bool(why_not()), reason=why_not())]
