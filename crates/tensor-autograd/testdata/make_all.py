"""Remakes every reference file: runs each script beside this one."""
import pathlib
import runpy

for script in sorted(pathlib.Path(__file__).parent.glob("ops_*.py")):
    runpy.run_path(str(script))
