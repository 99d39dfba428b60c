-- By hashes of the ids that an answer holds it is found when one of these is erased, and both are emptied then; null: of
-- before there were any.
alter table idempotency add column named integer[];
create index idempotency_named on idempotency using gin (named);
create index idempotency_unnamed on idempotency (created_at) where named is null and body is not null;
