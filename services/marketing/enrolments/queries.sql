-- name: add_sales
-- Sales that were not read before, by whatever event: those come back. Of two events that tell one sale the first of the
-- log is its trigger. Sorted, so that two transactions that tell the same sales wait for each other, without a deadlock.
insert into sale (trigger_event_id, party_id, party_version, partition, origin, sale_id, channel, minor, currency, skus,
  occurred_at, recorded_at, correlation_id, traceparent, email_id)
select trigger_event_id, party_id, party_version, partition, origin, sale_id, channel, minor, currency,
  string_to_array(skus, chr(31)), occurred_at, recorded_at, correlation_id, traceparent, email_id
from unnest(
  $1::uuid[], $2::uuid[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
  $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[], $15::text[]
) with ordinality as told (trigger_event_id, party_id, party_version, partition, origin, sale_id, channel, minor,
  currency, skus, occurred_at, recorded_at, correlation_id, traceparent, email_id, place)
order by origin, sale_id, place
on conflict do nothing
returning trigger_event_id::text as id

-- name: revise_sales
-- Sorted by the caller. A cancellation leaves what had been sold; an amendment of a later revision takes it back.
with newer as materialized (
  select sale.trigger_event_id as id, given.*
  from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::uuid[],
    $9::timestamptz[])
    as given (origin, sale_id, revision, channel, minor, currency, skus, cancelled_by, cancelled_at)
  join sale on sale.origin = given.origin and sale.sale_id = given.sale_id
  order by given.origin, given.sale_id
  for no key update of sale
)
update sale set
  revision = newer.revision, channel = coalesce(newer.channel, sale.channel), minor = coalesce(newer.minor, sale.minor),
  currency = coalesce(newer.currency, sale.currency),
  skus = coalesce(string_to_array(newer.skus, chr(31)), sale.skus),
  cancelled_by = newer.cancelled_by, cancelled_at = newer.cancelled_at
from newer
where sale.trigger_event_id = newer.id and sale.revision < newer.revision

-- name: add_repeated_sales
-- Of these events those whose sale stands under another one; an event that is merely read again is no repetition.
insert into repeated_sale (trigger_event_id, first_trigger_event_id, party_id, recorded_at)
select told.trigger_event_id, sale.trigger_event_id, told.party_id, told.recorded_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[])
  as told (trigger_event_id, origin, sale_id, party_id, recorded_at)
join sale on sale.origin = told.origin and sale.sale_id = told.sale_id
where sale.trigger_event_id <> told.trigger_event_id
order by told.trigger_event_id
on conflict do nothing

-- name: load_due_messages
-- $2 and $3 are the first and the last due time. They bound the triggers' times, so that only the tables of these months
-- are searched: a timer stands all waits ($4 at most) after its trigger, and a day more where an address is looked for.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign,
  m.campaign_version, m.follow_up, m.step, m.channel, m.due_at,
  s.party_version, s.partition, s.origin, s.sale_id, s.channel as sale_channel, s.minor, s.currency, s.skus,
  s.occurred_at, s.recorded_at, s.correlation_id, s.traceparent, s.email_id, s.cancelled_by::text, s.cancelled_at,
  exists (select from sale b where b.party_id = s.party_id and b.occurred_at < s.occurred_at) as repeat,
  case when m.step > 1 then (
    select p.reason from message p
    where p.party_id = m.party_id and p.triggered_at = m.triggered_at and p.enrolment_id = m.enrolment_id
      and (p.step < m.step or p.due_at < m.due_at) and p.outcome = 'skipped'
    order by p.step limit 1) end as failed
from message m join sale s on s.trigger_event_id = m.trigger_event_id
where m.id = any($1::uuid[]) and m.outcome is null
  and m.triggered_at >= $2::timestamptz - interval '2 days' - $4::interval
  and m.triggered_at <= $3

-- name: load_due_of_entries
-- As before, of messages whose trigger is no sale.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign,
  m.campaign_version, m.follow_up, m.step, m.channel, m.due_at,
  e.party_version, e.partition, e.origin, '' as sale_id, e.channel as sale_channel, 0 as minor, '' as currency, e.skus,
  e.occurred_at, e.recorded_at, e.correlation_id, e.traceparent, e.email_id, e.tier, null::text as cancelled_by,
  null::timestamptz as cancelled_at,
  exists (select from sale b where b.party_id = e.party_id and b.occurred_at < e.occurred_at) as repeat,
  (
    select p.reason from message p
    where p.party_id = m.party_id and p.triggered_at = m.triggered_at and p.enrolment_id = m.enrolment_id
      and p.due_at < m.due_at and p.outcome = 'skipped'
    order by p.step limit 1) as failed
from message m join entry e on e.trigger_event_id = m.trigger_event_id
where m.id = any($1::uuid[]) and m.outcome is null
  and m.triggered_at >= $2::timestamptz - interval '2 days' - $4::interval
  and m.triggered_at <= $3

-- name: load_messages
-- Messages with their sales; $2 and $3 bound the triggers' times, so that only the tables of these months are searched.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign,
  m.campaign_version, m.follow_up, m.step, m.channel, m.due_at,
  s.party_version, s.partition, s.origin, s.sale_id, s.channel as sale_channel, s.minor, s.currency, s.skus,
  s.occurred_at, s.recorded_at, s.correlation_id, s.traceparent, s.email_id, s.cancelled_by::text, s.cancelled_at
from message m join sale s on s.trigger_event_id = m.trigger_event_id
where m.id = any($1::uuid[]) and m.triggered_at between $2 and $3

-- name: load_messages_of_entries
-- As before, of messages whose trigger is no sale.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign,
  m.campaign_version, m.follow_up, m.step, m.channel, m.due_at,
  e.party_version, e.partition, e.origin, '' as sale_id, e.channel as sale_channel, 0 as minor, '' as currency, e.skus,
  e.occurred_at, e.recorded_at, e.correlation_id, e.traceparent, e.email_id, e.tier, null::text as cancelled_by,
  null::timestamptz as cancelled_at
from message m join entry e on e.trigger_event_id = m.trigger_event_id
where m.id = any($1::uuid[]) and m.triggered_at between $2 and $3

-- name: add_entries
-- Each trigger once, whichever campaigns it starts.
insert into entry (trigger_event_id, party_id, party_version, partition, origin, channel, skus, occurred_at, recorded_at,
  correlation_id, traceparent, email_id, tier)
select trigger_event_id, party_id, party_version, partition, origin, channel, string_to_array(skus, chr(31)),
  occurred_at, recorded_at, correlation_id, traceparent, email_id, tier
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[],
  $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[])
  as given (trigger_event_id, party_id, party_version, partition, origin, channel, skus, occurred_at, recorded_at,
  correlation_id, traceparent, email_id, tier)
order by trigger_event_id
on conflict do nothing

-- name: load_newest_sales
-- Triggers are UUIDv7, so the newest stand last.
select trigger_event_id::text, party_id, party_version, partition, origin, sale_id, channel as sale_channel, minor,
  currency, skus, occurred_at, recorded_at, correlation_id, traceparent, email_id, cancelled_by::text,
  cancelled_at
from sale order by trigger_event_id desc limit $1

-- name: open_day
-- Locks the parties' day until the commit, so that two transactions do not both take the last room.
insert into message_day as counted (party_id, day, messages)
select party_id, $2::date, 0 from unnest($1::uuid[]) as given (party_id) order by party_id
on conflict (party_id, day) do update set messages = counted.messages

-- name: load_cleared
-- A row for each day of the window: how often a party was written to before makes it no longer.
select party_id, day, messages from message_day where party_id = any($1::uuid[]) and day >= $2::date

-- name: count_cleared
-- Sorted, so that two transactions that clear for the same parties wait for each other.
insert into message_day as counted (party_id, day, messages)
select party_id, day, messages from unnest($1::uuid[], $2::date[], $3::integer[]) as given (party_id, day, messages)
order by party_id, day
on conflict (party_id, day) do update set messages = counted.messages + excluded.messages

-- name: load_bought
-- Sales of these parties that were not cancelled.
select party_id, occurred_at, minor, currency from sale where party_id = any($1::uuid[]) and cancelled_by is null

-- name: find_sales
-- By party and id, whoever told of them; of several with one id the newest comes last.
select s.party_id, s.sale_id, s.channel, s.skus
from unnest($1::uuid[], $2::text[]) as asked (party_id, sale_id)
join sale s on s.party_id = asked.party_id and s.sale_id = asked.sale_id
order by s.occurred_at, s.trigger_event_id

-- name: find_message_time
-- In whichever month it is.
select triggered_at from message where id = $1 and campaign is not null

-- name: end_messages
-- Only once: the rows that come back are those that ended now.
update message m set outcome = given.outcome, reason = given.reason, ended_at = given.ended_at,
  consent_event_id = given.consent_event_id,
  deciding_event_ids = string_to_array(given.deciding, ',')::uuid[], content = given.content
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[], $8::text[])
  as given (id, triggered_at, outcome, reason, ended_at, consent_event_id, deciding, content)
where m.id = given.id and m.triggered_at = given.triggered_at and m.triggered_at between $9 and $10 and m.outcome is null
returning m.id

-- name: add_former_endings
-- How messages had ended before the database was restored.
insert into former_ending (message_id, outcome, reason, ended_at, consent_event_id, deciding_event_ids)
select message_id, outcome, reason, ended_at, consent_event_id, string_to_array(deciding, ',')::uuid[]
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[])
  as given (message_id, outcome, reason, ended_at, consent_event_id, deciding)
on conflict (message_id) do nothing

-- name: mark_restored
-- The last time counts: until then something may have been sent.
insert into restored (at) values ($1) on conflict (one) do update set at = excluded.at

-- name: find_restored
-- No row where that never happened.
select at from restored

-- name: load_former_endings
-- Of these messages.
select message_id, outcome, reason, ended_at, consent_event_id::text, deciding_event_ids::text[]
from former_ending where message_id = any($1::uuid[])

-- name: find_letters
-- Everything to these parties but what was skipped.
select id, outcome is null as open
from message where party_id = any($1::uuid[]) and outcome is distinct from 'skipped' order by id

-- name: list_enrolments
-- The newest trigger first: triggers are UUIDv7.
select id as enrolment_id, trigger_event_id::text, campaign, version as campaign_version, party_id, follow_up, started_at
from enrolment
where ($1::uuid is null or trigger_event_id = $1)
  and ($2::uuid[] is null or trigger_event_id in (select t.trigger_event_id from sale t where t.party_id = any($2)))
  and ($3::text is null or campaign = $3)
  and ($4::uuid is null or (trigger_event_id, campaign) < ($4, $5))
order by trigger_event_id desc, campaign desc limit $6

-- name: open_message_month
-- True where the month had no table of its own; see the function in the migrations.
select open_message_month($1::date)
