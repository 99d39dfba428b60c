-- name: save_scores
-- Sorted by the caller. The fields are words, joined by commas.
insert into completeness (party_id, score, missing)
select party_id, score, string_to_array(missing, ',')
from unnest($1::uuid[], $2::smallint[], $3::text[]) as told (party_id, score, missing)
on conflict (party_id) do update set score = excluded.score, missing = excluded.missing

-- name: save_gone
-- Sorted by the caller.
insert into completeness (party_id, gone)
select * from unnest($1::uuid[], $2::boolean[])
on conflict (party_id) do update set gone = excluded.gone

-- name: save_lacking
-- Under the locks of `completeness`, which whoever writes the first total of a party takes too.
update total set lacking = case when known.gone then 0 else 100 - known.score end
from completeness as known
where known.party_id = any ($1::uuid[]) and total.party_id = known.party_id

-- name: list_buyers
-- Those whom most is missing of by what they bought, in one currency or, where $1 is null, in any: then a party is listed
-- by the currency in which that is the most. Of each currency an index is read from its end, and of those listed alone it is
-- read what is missing, however many a plan for any values expects.
with recursive used as (
    (
        select currency from total
        where lacking > 0 and currency >= coalesce($1::text, '') and currency <= coalesce($1, 'ZZZ')
        order by currency
        limit 1
    )
    union all
    select (
        select following.currency from total as following
        where following.lacking > 0 and following.currency > used.currency and $1 is null
        order by following.currency
        limit 1
    )
    from used
    where used.currency is not null
), worst as (
    select each.party_id, used.currency, each.net, each.worth
    from used
    cross join lateral (
        select party_id, paid - refunded as net, worth
        from total
        where total.currency = used.currency and lacking > 0 and (worth, party_id) < ($2::bigint, $3::uuid)
            and (
                $1 is not null
                or not exists (
                    select from total as other
                    where other.party_id = total.party_id
                        and (other.worth, other.currency) > (total.worth, total.currency)
                )
            )
        order by worth desc, party_id desc
        limit $4
    ) as each
    order by each.worth desc, each.party_id desc
    limit $4
)
select worst.party_id, worst.currency, worst.net, worst.worth, known.score, known.missing
from worst
cross join lateral (
    select score, missing from completeness where completeness.party_id = worst.party_id order by completeness.party_id limit 1
) as known
order by worst.worth desc, worst.party_id desc

-- name: list_others
-- Those who have bought nothing, the least known first.
select party_id, score, missing
from completeness
where score < 100 and not gone and not has_bought and (score, party_id) > ($1::smallint, $2::uuid)
order by score, party_id
limit $3
