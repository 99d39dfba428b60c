"""Every contract of every topic. Importing this package registers them all, so that a new file here is all it takes."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    if _module.name != "topics":  # it collects what the others declare
        import_module(f"{__name__}.{_module.name}")
