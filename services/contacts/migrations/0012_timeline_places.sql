-- Where the log holds the event of a line, so that it can be read as it was published; null for lines from before.
alter table timeline_v1.line add column partition smallint, add column record_offset bigint;

-- Ids are in the order of time, so that new ones come to stand at its end.
create index line_event on timeline_v1.line (event_id);

create or replace view line as select * from timeline_v1.line;
