"""Every metric of Rapport, once. Labels are service, group, topic and outcome, never an id.

`labels(…)` looks a child up under a lock: keep the child where the caller is hot.
"""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
RECORDS_A_BATCH = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000)

RECORDS = Counter(
    "rapport_records",
    "Records read, by outcome: handled, skipped (of a type nobody here named), redelivered, resent, repeated, parked, "
    "quarantined.",
    ("group", "topic", "outcome"),
)
BATCH_SIZE = Histogram("rapport_batch_records", "Records of a batch.", ("group", "topic"), buckets=RECORDS_A_BATCH)
BATCH_SECONDS = Histogram(
    "rapport_batch_seconds",
    "From the begin of a batch's transaction to its commit.",
    ("group", "topic"),
    buckets=SECONDS,
)
BATCH_RETRIES = Counter("rapport_batch_retries", "Batches tried again after a transient error.", ("group", "topic"))
READER_RESTARTS = Counter("rapport_reader_restarts", "Readers started again that made no progress.", ("group",))
LAG = Gauge("rapport_lag_records", "Records between the fences and the ends of the log.", ("group", "topic"))
PARKED = Gauge("rapport_parked_keys", "Keys that wait for a redrive; 1000 stands for any more.", ("group", "topic"))
PARKED_RECORDS = Gauge("rapport_parked_records", "Records that wait for a redrive.", ("group", "topic"))
QUARANTINED = Gauge("rapport_quarantined_records", "Records in quarantine.", ("group", "topic"))
STOPPED = Gauge("rapport_partitions_stopped", "Partitions that need an operator.", ("group", "topic"))
REBALANCES = Counter("rapport_rebalances", "Assignments of partitions to this member.", ("group",))

OUTBOX_DEPTH = Gauge("rapport_outbox_events", "Events that wait for the relay.", ("service",))
OUTBOX_AGE = Gauge("rapport_outbox_oldest_seconds", "Age of the oldest waiting event.", ("service",))
OUTBOX_SET_ASIDE = Gauge(
    "rapport_outbox_set_aside_events",
    "Events that the brokers refuse, and what waits behind them with their keys.",
    ("service", "topic"),
)
RELAYED = Counter("rapport_relay_events", "Events published and acknowledged.", ("service", "topic"))
RELAY_SECONDS = Histogram(
    "rapport_relay_batch_seconds",
    "From the first byte of a batch to its last acknowledgement.",
    ("service",),
    buckets=SECONDS,
)
RELAY_RESENT = Counter(
    "rapport_relay_resent_events", "Events sent again with the numbers of their stored batch.", ("service",)
)

TIMERS_FIRED = Counter("rapport_timers_fired", "Timers handled.", ("group", "timer"))
WORKER_RESTARTS = Counter("rapport_worker_restarts", "Workers started again after an error.", ("service", "worker"))

IDENTITIES_FLAGGED = Counter(
    "rapport_identities_flagged",
    "Identities that name nobody and were kept with their party, by outcome: blocked, unreadable, local_number, "
    "no_number, surplus.",
    ("service", "outcome"),
)
IDENTITIES_NEAR_LIMIT = Counter(
    "rapport_identities_near_limit", "Identities given to a party that comes near its limit.", ("service",)
)

LOG_LINES_LOST = Counter("rapport_log_lines_lost", "Lines of the log that could not be written, or only later.")
SPANS = Counter(
    "rapport_spans", "Spans by outcome: made, exported, failed (not taken by the collector).", ("service", "outcome")
)

HTTP_SECONDS = Histogram(
    "rapport_http_request_seconds",
    "Requests by route and class of status.",
    ("service", "method", "route", "status"),
    buckets=SECONDS,
)
BUILD = Gauge("rapport_build_info", "1; which version answers, in a label.", ("service", "version"))
CHANGE_STREAMS = Gauge("rapport_change_streams", "Open streams of changes.", ("service",))
CHANGE_RESETS = Counter("rapport_change_resets", "Listeners that came back too late and begin anew.", ("service",))
HTTP_IN_FLIGHT = Gauge("rapport_http_requests_in_flight", "Requests being answered.", ("service",))
