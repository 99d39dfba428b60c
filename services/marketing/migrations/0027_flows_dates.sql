-- The date that an enrolment waits for before its first step, or waited for: the times of its steps count from there.
alter table flow add dated_at timestamptz;
