-- How far a video was played, by quarters; 0 of everything else, the page that shows it included.
alter table returned add percent smallint not null default 0 check (percent in (0, 25, 50, 75, 100));
alter table returned drop constraint returned_pkey;
alter table returned add primary key (message_id, kind, label, percent, machine);
alter table returned drop constraint returned_kind_check;
alter table returned add constraint returned_kind_check
    check (kind in ('delivered', 'hard', 'soft', 'complaint', 'opened', 'clicked', 'shown', 'watched'));
