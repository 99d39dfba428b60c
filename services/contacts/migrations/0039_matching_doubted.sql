-- Why the rules of by now would not make a merge that former ones made unasked.
alter table duplicate add column doubted_because text;

-- Also for pairs that are questions again: each party that is described anew had every merged pair read.
create index duplicate_merged on duplicate (merged_id) where merged_id is not null;

-- A pair as people are asked about it; `place` is where it stands in the list.
create or replace view shown_duplicate as
select
    id, low_id, high_id, reason, reasons, bits, model, state, suspected_at, decided_at, decided_because, left_because,
    doubted_at, coalesce(bits, 0) as place, doubted_because
from duplicate;

-- By which rules a merge that nobody asked for was looked at last; 0 for what is older, and what a restore took back.
alter table party_merge add column rules integer not null default 0;
create index party_merge_unasked on party_merge (rules, id) where automatic and undone_at is null;
