-- The recovery that a fence was locked by last: a member that missed it does not know what the topics held already.
alter table fence add column recoveries integer not null default 0;
