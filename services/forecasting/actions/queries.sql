-- name: replace_prices
-- What a unit of each product was sold for on average in [$1, $2), by currency; one scan a cut.
insert into usual_price as had (sku, currency, price, cut)
select sku, currency, round(sum(revenue) / sum(units)), $2
from sales_v1.sold_day
where day >= $1 and day < $2
group by sku, currency
having sum(units) > 0 and sum(revenue) > 0
on conflict (sku, currency) do update set price = excluded.price, cut = excluded.cut
where had.cut < excluded.cut;

-- name: forget_prices
-- Of products that were not sold in the year before the cut $1.
delete from usual_price where cut < $1;

-- name: find_currency
-- The one in which a party bought on most days.
select currency from sales_v1.purchase_day where party_id = any($1::uuid[]) and sales > 0
group by currency
order by count(*) desc, currency
limit 1;

-- name: load_prices
-- At most the largest amount that an event may name.
select sku, least(price, 9007199254740991)::bigint as price from usual_price where currency = $1 and sku = any($2::text[]);

-- name: count_answers
-- Of each kind, how many suggestions since $1 were accepted, and how many answered.
select kind, count(*) filter (where state = 'accepted')::int as accepted, count(*)::int as answered
from action
where answered_at >= $1
group by kind;

-- name: load_answered
-- What was accepted or declined for the party since $2.
select kind, sku from action where party_id = any($1::uuid[]) and answered_at >= $2;

-- name: load_standing
-- What is suggested already, and neither answered nor expired at $2.
select
    action_id, party_id, kind, sku, because_of, expected, value, currency, reasons, suggested_at, expires_at, state, answered_by,
    answered_at
from action
where party_id = any($1::uuid[]) and state = 'open' and expires_at > $2;

-- name: add_actions
-- The ids of those that are new: of two who ask at once one suggests.
insert into action (
    action_id, party_id, kind, sku, because_of, expected, value, currency, reasons, suggested_at, expires_at
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::bigint[], $8::text[], $9::jsonb[],
    $10::timestamptz[], $11::timestamptz[]
)
on conflict (action_id) do nothing
returning action_id;

-- name: list_actions
-- Of all parties, the newest week first, after the position $1.
select
    action_id, party_id, kind, sku, because_of, expected, value, currency, reasons, suggested_at, expires_at, state, answered_by,
    answered_at
from action
where action_id < $1
order by action_id desc
limit $2;

-- name: list_actions_of_party
-- Of the party $3, the newest week first, after the position $1.
select
    action_id, party_id, kind, sku, because_of, expected, value, currency, reasons, suggested_at, expires_at, state, answered_by,
    answered_at
from action
where party_id = any($3::uuid[]) and action_id < $1
order by action_id desc
limit $2;

-- name: lock_action
-- Two answers to one take turns.
select
    action_id, party_id, kind, sku, because_of, expected, value, currency, reasons, suggested_at, expires_at, state, answered_by,
    answered_at
from action
where action_id = $1
for update;

-- name: answer_action
-- Only once: the first answer holds.
update action set state = $2, answered_by = $3, answered_at = $4 where action_id = $1 and state = 'open';
