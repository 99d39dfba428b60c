-- A pair as people are asked about it; `place` is where it stands in the list.
create view shown_duplicate as
select
    id, low_id, high_id, reason, reasons, bits, model, state, suspected_at, decided_at, decided_because, left_because,
    doubted_at, coalesce(bits, 0) as place
from duplicate;
