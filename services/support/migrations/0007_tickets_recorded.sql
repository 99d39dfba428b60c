-- When support took in what was written. Clocks count by it: the clock of a sender may be hours ahead or behind.
alter table reply add column recorded_at timestamptz;
update reply set recorded_at = written_at;
alter table reply alter column recorded_at set not null;
