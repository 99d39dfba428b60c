-- json, not jsonb: a line is written once and mostly shown as it was written; to take it apart was a fifth of what its
-- insertion cost the database. Lines from before keep the spaces and the order of fields that jsonb gave them, so the first
-- rebuild after this finds them different.
drop view line;
alter table timeline_v1.line alter column summary type json using summary::json;
create view line as select * from timeline_v1.line;
