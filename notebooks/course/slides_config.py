"""For `jupyter nbconvert --to slides --config notebooks/course/slides_config.py NOTEBOOK`.

NSTLIB_SLIDES_ASSETS may name a node_modules folder with reveal.js: see `settings` in slides.py.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from slides import settings

c = get_config()  # noqa: F821 (nbconvert provides it)
c.merge(settings(os.environ.get("NSTLIB_SLIDES_ASSETS", "")))
