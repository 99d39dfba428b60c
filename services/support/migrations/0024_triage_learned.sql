-- Examples are numbered as they become known, and a model keeps up to which it learned, so that what came since is found
-- by index; a correction is numbered anew. Of models before, as many were learned from as there were.
alter table triage_example add column number bigint generated always as identity;
create unique index triage_example_number on triage_example (number);
alter table triage_model add column learned bigint not null default 0;
update triage_model set learned = examples;
