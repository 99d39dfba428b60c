-- The event that stopped a campaign together with what it had planned; null: what is planned goes on.
alter table campaign add column stopped_by uuid;
