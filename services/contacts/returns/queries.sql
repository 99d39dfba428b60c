-- name: load_void_refunds
-- Of cancelled sales alone.
select refund.party_id, refund.currency, sum(refund.refunds)::integer as refunds, sum(refund.minor) as minor
from unnest($1::uuid[], $2::text[], $3::text[]) as named (party_id, origin, sale_id)
join revised_sale as sale
    on sale.party_id = named.party_id and sale.origin = named.origin and sale.sale_id = named.sale_id
join refund on refund.party_id = sale.party_id and refund.origin = sale.origin and refund.sale_id = sale.sale_id
where sale.currency is null
group by refund.party_id, refund.currency

-- name: save_revised
-- Sorted by the caller, and later in the log than what stands.
insert into revised_sale (party_id, origin, sale_id, currency, sold_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
on conflict (party_id, origin, sale_id) do update set currency = excluded.currency, sold_at = excluded.sold_at

-- name: add_refunds
-- Sorted by the caller; each row adds.
insert into refund (party_id, origin, sale_id, currency, refunds, minor)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::numeric[])
on conflict (party_id, origin, sale_id, currency) do update set
    refunds = refund.refunds + excluded.refunds, minor = refund.minor + excluded.minor

-- name: take_off_refunds
-- Sorted by the caller; the totals stand, since they have these refunds.
update total set refunds = total.refunds - void.refunds, refunded = total.refunded - void.minor
from unnest($1::uuid[], $2::text[], $3::integer[], $4::numeric[]) as void (party_id, currency, refunds, minor)
where total.party_id = void.party_id and total.currency = void.currency

-- name: correct_times
-- A sale that was never revised stands as its line tells it. Each end is read from its side of the index.
update total set
    first_sale_at = least(
        (
            select min(sale.sold_at) from revised_sale as sale
            where sale.party_id = total.party_id and sale.currency = total.currency
        ),
        (
            select line.occurred_at from line
            where line.party_id = total.party_id and line.type = 'crm.sale.completed.v1'
                and line.summary -> 'total' ->> 'currency' = total.currency
                and not exists (
                    select from revised_sale as sale
                    where sale.party_id = line.party_id and sale.origin = line.summary ->> 'origin'
                        and sale.sale_id = line.summary ->> 'sale_id'
                )
            order by line.occurred_at
            limit 1
        )
    ),
    last_sale_at = greatest(
        (
            select max(sale.sold_at) from revised_sale as sale
            where sale.party_id = total.party_id and sale.currency = total.currency
        ),
        (
            select line.occurred_at from line
            where line.party_id = total.party_id and line.type = 'crm.sale.completed.v1'
                and line.summary -> 'total' ->> 'currency' = total.currency
                and not exists (
                    select from revised_sale as sale
                    where sale.party_id = line.party_id and sale.origin = line.summary ->> 'origin'
                        and sale.sale_id = line.summary ->> 'sale_id'
                )
            order by line.occurred_at desc
            limit 1
        )
    )
where total.party_id = any ($1::uuid[])
