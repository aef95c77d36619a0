"""``python -m subinterp_kernel.doctor``: the same as the command ``subinterp-kernel doctor``."""

from __future__ import annotations

import sys

from subinterp_kernel.doctor.command import main

if __name__ == "__main__":
    sys.exit(main(program="python -m subinterp_kernel.doctor"))
