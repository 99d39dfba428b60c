-- name: open_months
-- A table for each of the last twelve months.
select open_message_month((now() - make_interval(months => month))::date) from generate_series(0, 12) as month

-- name: add_sales
-- $1 sales over the last 300 days, five a party, as marketing would have read them.
insert into sale (trigger_event_id, party_id, party_version, partition, origin, sale_id, channel, minor, currency, skus,
  occurred_at, recorded_at, correlation_id)
select uuidv7(age), md5((number % ($1::integer / 5 + 1))::text)::uuid, 1, number % 12, '/shop', 's-' || number, 'web',
  12995, 'DKK', array['A-' || number % 100], now() + age, now() + age, 'flow-' || number
from generate_series(1, $1) as number
cross join lateral (select make_interval(secs => 25920000.0 * number / $1) - interval '300 days') as past (age)

-- name: add_enrolments
-- Each sale enrolled once, in the campaign that the audit counts.
insert into enrolment (trigger_event_id, campaign, id, version, party_id, follow_up, started_at)
select trigger_event_id, 'thanks', gen_random_uuid(), 1, party_id, true, recorded_at from sale

-- name: add_messages
-- Of a hundred some 15 were skipped, 15 wait, 70 were sent.
insert into message (id, triggered_at, trigger_event_id, party_id, enrolment_id, campaign, campaign_version, follow_up,
  step, channel, due_at, planned_at, outcome, reason, ended_at)
select gen_random_uuid(), s.occurred_at, s.trigger_event_id, s.party_id, e.id, 'thanks', 1, true, 1, 'email',
  s.occurred_at, s.recorded_at, fate.outcome, case fate.outcome when 'skipped' then 'no_consent' end,
  case when fate.outcome is not null then s.recorded_at end
from sale s
join enrolment e on e.trigger_event_id = s.trigger_event_id
cross join lateral (
  select case when s.skus[1] < 'A-23' then 'skipped' when s.skus[1] >= 'A-36' then 'sent' end
) as fate (outcome)

-- name: add_timers
-- Of those that wait, far off, so that the service decides none of them while it is measured.
insert into timer (name, id, partition, due_at)
select 'messages', m.id, s.partition, now() + interval '10 years'
from message m join sale s on s.trigger_event_id = m.trigger_event_id
where m.outcome is null
