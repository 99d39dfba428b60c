"""Real Kafka and PostgreSQL without Docker, Java or Postgres on the host, and the services beside them."""

from deploy.embedded.errors import StackError, StartError
from deploy.embedded.stack import EmbeddedStack

__all__ = ["EmbeddedStack", "StackError", "StartError"]
