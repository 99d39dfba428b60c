"""Which answers of the brokers to a record are final: no later try of the same record gets past them.

By Kafka's table of protocol errors. Others that Kafka does not call retriable are about a topic, a right or a clock,
and not about one record: TOPIC_AUTHORIZATION_FAILED (29), INVALID_TOPIC_EXCEPTION (17), INVALID_TIMESTAMP (32, since a
record gets its timestamp when it is sent), UNSUPPORTED_FOR_MESSAGE_FORMAT (43), UNKNOWN_SERVER_ERROR (-1). Setting
records aside for them would empty an outbox that goes on by itself once an operator has mended the cause.
"""

from aiokafka.errors import BrokerResponseError, MessageSizeTooLargeError, RecordListTooLargeError, kafka_errors


class InvalidRecordError(BrokerResponseError):  # type: ignore[misc]
    """aiokafka 0.14 has no name for it, and so could not tell it from what the brokers did not expect."""

    errno = 87
    message = "INVALID_RECORD"
    description = "The broker does not take this record into this topic."


kafka_errors.setdefault(InvalidRecordError.errno, InvalidRecordError)

FINAL: dict[type[BrokerResponseError], str] = {
    MessageSizeTooLargeError: "larger than max.message.bytes of its topic, or than a request may be",
    RecordListTooLargeError: "its batch is larger than a segment of its topic",
    InvalidRecordError: "refused by the topic's rules: a compacted topic takes no record without a key",
}
