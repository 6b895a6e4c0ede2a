"""Remakes every reference file of this crate with PyTorch.

    python testdata/make_all.py            # needs torch and numpy
"""
import pathlib
import runpy

for script in ("rules.py", "schedules.py", "gradients.py"):
    runpy.run_path(str(pathlib.Path(__file__).parent / script))
