-- The trace of a sale, which the messages that come of it later continue; null: it had none.
alter table sale add column traceparent text;
