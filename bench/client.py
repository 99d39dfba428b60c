"""Clients that run beside the bench, in processes of their own."""

import asyncio
import json
import sys
from typing import Any


async def run_client(module: str, *arguments: object) -> dict[str, Any]:
    """The JSON document that `python -m module` prints. Raises RuntimeError where it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        printed, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"{module} ended with status {process.returncode}: its error is above")
    answer: dict[str, Any] = json.loads(printed)
    return answer
