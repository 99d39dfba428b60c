"""What an application serves: the methods of a path, the scope that opens a route, and the kind of body it takes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from shared.http.auth import RequiresScope
from shared.http.wellformed import Unfit, legible


@dataclass(frozen=True, slots=True)
class Served:
    """One route; `scope` None where no token is asked for, `takes_json` where FastAPI reads its body as JSON.

    `asks` holds the names of the parameters that it reads of the query.
    """

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    scope: str | None
    takes_json: bool
    asks: frozenset[str]


class ServedRoutes:
    """The routes of an application, in the order in which they are tried."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.all = [
            Served(
                path=context.path_format or "",
                pattern=context.path_regex,
                methods=frozenset(context.methods),
                scope=_scope_of(getattr(context, "dependant", None)),
                takes_json=getattr(context, "body_field", None) is not None,
                asks=frozenset(_asked_of(getattr(context, "dependant", None))),
            )
            for context in iter_route_contexts(list(routes))
            if context.methods
        ]
        # A path as it is written is looked up: to try every pattern costs a request more than its token does.
        self._written: dict[str, list[Served]] = {}
        for route in self.all:
            if route.pattern.match(route.path):
                self._written.setdefault(route.path, []).append(route)

    def find(self, method: str, path: str) -> Served | None:
        return next((route for route in self._at(path) if method in route.methods), None)

    def check_query(self, method: str, path: str, given: Iterable[str]) -> None:
        """Raises Unfit for a parameter that the route does not have: a misspelt filter would filter nothing."""
        route = self.find(method, path)
        if route is None or not (unknown := sorted(set(given) - route.asks - {""})):
            return
        takes = f"it takes {', '.join(sorted(route.asks))}" if route.asks else "it takes none"
        raise Unfit(f"query.{legible(unknown[0])}", "unknown_parameter", f"no parameter of this route; {takes}")

    def refuses(self, method: str, path: str) -> bool:
        """Whether the path is there as it is written, and not for this method: it is no id of another route then."""
        here = self._at(path)
        asked = "GET" if method == "HEAD" else method
        return bool(here) and here[0].path == path and not any(asked in route.methods for route in here)

    def _at(self, path: str) -> list[Served]:
        return self._written.get(path) or [route for route in self.all if route.pattern.match(path)]

    def methods_of(self, path: str) -> str:
        """What `Allow` says: every method of every route of a path; empty where there is no such path."""
        methods = {method for route in self._at(path) for method in route.methods}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted({*methods, "OPTIONS"})) if methods else ""


def _scope_of(dependant: Dependant | None) -> str | None:
    for dependency in dependant.dependencies if dependant is not None else ():
        if isinstance(dependency.call, RequiresScope):
            return dependency.call.scope
        if scope := _scope_of(dependency):
            return scope
    return None


def _asked_of(dependant: Dependant | None) -> Iterator[str]:
    if dependant is not None:
        yield from (field.alias for field in dependant.query_params)
        for dependency in dependant.dependencies:
            yield from _asked_of(dependency)
