-- A sale as it stands: which revision holds, and the event that cancelled it.
alter table sale
    add column revision integer not null default 1,
    add column cancelled_by uuid,
    add column cancelled_at timestamptz;
