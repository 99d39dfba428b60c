"""Real Kafka and PostgreSQL without Docker, Java or Postgres on the host, and the services beside them."""

from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StackError, StartError

__all__ = ["EmbeddedStack", "StackError", "StartError"]
