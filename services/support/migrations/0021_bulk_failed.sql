-- An act whose handler has a fault is tried a few times and then ends as failed, so that it holds up nobody for ever; until
-- its next try the other tickets go on.
alter table bulk_item drop constraint bulk_item_outcome_check;
alter table bulk_item add constraint bulk_item_outcome_check
check (outcome in ('waiting', 'done', 'refused', 'failed', 'stopped'));
alter table bulk_item add column tries smallint not null default 0;
alter table bulk_item add column due_at timestamptz not null default '-infinity';
