-- name: save_warnings
-- Only those that were not told yet, of which none of the kind is open: of two instances one tells them.
insert into warning (
    warning_id, kind, about, party_id, sku, severity, as_of, until, model, evidence, raised_at
)
select *, $11::timestamptz
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::float8[], $7::date[], $8::date[], $9::text[],
    $10::jsonb[]
)
on conflict do nothing
returning warning_id;

-- name: clear_warnings
-- Only those that are open still.
update warning
set state = 'cleared', because = cleared.because, lead_days = cleared.lead_days, cleared_at = $4
from unnest($1::uuid[], $2::text[], $3::int[]) as cleared (warning_id, because, lead_days)
where warning.warning_id = cleared.warning_id and warning.state = 'open'
returning warning.warning_id;

-- name: load_open
-- Of the kinds $1, after the position $2.
select warning_id, kind, about, party_id, sku, severity, as_of, until, model, evidence
from warning
where state = 'open' and kind = any($1::text[]) and warning_id > $2
order by warning_id
limit $3;

-- name: list_warnings
-- Worst first, after the position ($2, $3).
select
    warning_id, kind, about, party_id, sku, severity, as_of, until, model, evidence, state, raised_at, cleared_at, because,
    lead_days
from warning
where state = $1 and severity <= $2 and (severity < $2 or warning_id > $3)
order by severity desc, warning_id
limit $4;

-- name: list_warnings_of_kind
-- Of the kind $5, worst first, after the position ($2, $3).
select
    warning_id, kind, about, party_id, sku, severity, as_of, until, model, evidence, state, raised_at, cleared_at, because,
    lead_days
from warning
where kind = $5 and state = $1 and severity <= $2 and (severity < $2 or warning_id > $3)
order by severity desc, warning_id
limit $4;
