-- name: add_reply
-- One of each survey and sale; none comes back where there is one.
insert into survey_reply (survey, subject, event_id, party_id, message_id, value, replied_at, campaign)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning event_id

-- name: is_answered
-- Whether an answer of the party about a sale stands, by whatever way it came.
select exists (select from survey_answer where party_id = $1 and survey = $2 and subject = $3)

-- name: add_answers
-- In the order of the log: of several of a party about one sale the first counts.
insert into survey_answer (event_id, survey, party_id, subject, sale_id, value, answered_at)
select event_id, survey, party_id, subject, sale_id, value, answered_at
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::smallint[], $7::timestamptz[])
  with ordinality as told (event_id, survey, party_id, subject, sale_id, value, answered_at, place)
order by place
on conflict do nothing
returning event_id

-- name: lock_uncounted
-- Of these answers those that are in no sum.
select event_id, survey, party_id, subject, sale_id, value, answered_at
from survey_answer where event_id = any($1::uuid[]) and not counted order by event_id for update

-- name: mark_counted
-- They are in the sums.
update survey_answer set counted = true where event_id = any($1::uuid[])

-- name: add_to_sums
-- Sorted by the caller, so that two transactions that add to the same sums wait for each other without a deadlock.
insert into survey_sum (survey, day, channel, sku, answers, total, high, low)
select survey, day, channel, sku, answers, total, high, low
from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
  as added (survey, day, channel, sku, answers, total, high, low)
order by survey, day, channel, sku
on conflict (survey, day, channel, sku) do update set
  answers = survey_sum.answers + excluded.answers, total = survey_sum.total + excluded.total,
  high = survey_sum.high + excluded.high, low = survey_sum.low + excluded.low

-- name: load_results
-- By parts ($1), of a survey, a product, a channel and days, where they are asked for, after a place in the list.
select survey, part, sum(answers)::bigint as answers, sum(total)::bigint as total, sum(high)::bigint as high,
  sum(low)::bigint as low
from (
  select survey, answers, total, high, low,
    case $1::text when 'product' then sku when 'channel' then channel when 'day' then day::text
      when 'month' then to_char(day, 'YYYY-MM') else '' end as part
  from survey_sum
  where ($2::text is null or survey = $2)
    and case when $3::text is not null then sku = $3 when $1::text = 'product' then sku <> '' else sku = '' end
    and ($4::text is null or channel = $4)
    and ($5::date is null or day >= $5) and ($6::date is null or day < $6)
) as asked
where $7::text is null or (survey, part) > ($7, $8::text)
group by survey, part order by survey, part limit $9
