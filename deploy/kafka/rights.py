"""Gives each service its rights at brokers that have an authorizer: `python -m deploy.kafka.rights`.

The brokers, and who asks them, are those of RAPPORT_KAFKA__…: somebody who may alter the cluster. Safe to repeat; takes
no right away.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.engine.kafka import client_options
from shared.engine.rights import grant, rights_of
from shared.run.discovery import SERVICES
from shared.settings import KafkaSettings


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RAPPORT_", env_nested_delimiter="__", extra="ignore")
    kafka: KafkaSettings


async def grant_all(kafka: KafkaSettings, users: str) -> list[str]:
    """`users` names the principal of a service, e.g. `User:{service}`. A line for each right. Raises KafkaError."""
    lines = []
    for service in SERVICES:
        principal, rights = users.format(service=service), rights_of(service)
        await grant(client_options(kafka, "rights"), principal, rights)
        lines += [
            f"{principal} may {right.operation} {right.kind} {right.name}{'*' if right.prefixed else ''}"
            for right in rights
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka.rights", description=__doc__.splitlines()[0])
    parser.add_argument("--users", default="User:{service}", help="how the brokers call a service; User:{service}")
    asked = parser.parse_args(arguments)
    try:
        lines = asyncio.run(grant_all(_Settings().kafka, asked.users))
    except ValidationError as error:
        print(f"error: {error.error_count()} of RAPPORT_KAFKA__… cannot be used", file=sys.stderr)
        return 1
    except KafkaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
