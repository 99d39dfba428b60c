-- Addresses by what they are for, tags and fields of the operator's own, by name; most parties have none.
alter table party add column details jsonb not null default '{}';
