-- name: lock_campaigns
-- Two instances that start together publish one after the other; any number will do for the lock.
select pg_advisory_xact_lock(7262019)

-- name: load_campaigns_in_force
-- The newest version of every campaign that was not stopped.
select name, version, definition_hash, definition from campaign where stopped_at is null order by name

-- name: load_campaign_versions
-- Definitions in the versions that messages were planned with.
select c.name, c.version, c.definition
from unnest($1::text[], $2::integer[]) as asked (name, version)
join campaign c on c.name = asked.name and c.version = asked.version

-- name: next_campaign_version
select coalesce(max(version), 0) + 1 from campaign where name = $1

-- name: stop_campaign
-- Also the older version, when a newer one takes its place.
update campaign set stopped_at = $2 where name = $1 and stopped_at is null

-- name: add_campaign
insert into campaign (name, version, follow_up, priority, definition_hash, definition, longest_wait, published_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: save_products
insert into product (sku, name, category)
select sku, name, string_to_array(category, chr(31))
from unnest($1::text[], $2::text[], $3::text[]) as given (sku, name, category) order by sku
on conflict (sku) do update set name = excluded.name, category = excluded.category

-- name: forget_products
delete from product where sku = any($1::text[])

-- name: load_categories
select sku, category from product where sku = any($1::text[])

-- name: save_parties
-- A description replaces one of its version or older, and an erased party that is described again begins anew.
insert into party (id, version, name, email, locale, merged_into, erased_by)
select id, version, name, email, locale, merged_into, erased_by
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])
  as given (id, version, name, email, locale, merged_into, erased_by) order by id
on conflict (id) do update set
  version = excluded.version, name = excluded.name, email = excluded.email, locale = excluded.locale,
  merged_into = excluded.merged_into, erased_by = excluded.erased_by
where party.version <= excluded.version or party.erased_by is not null or excluded.erased_by is not null

-- name: load_parties
select id, version, name, email, locale, merged_into, erased_by::text from party where id = any($1::uuid[])

-- name: mark_erased_letters
-- What was sent to these parties, or may be on its way; what is only planned will not be written.
insert into erased_letter (message_id)
select m.id from message m
where m.party_id = any($1::uuid[])
  and (m.outcome in ('sent', 'unknown') or exists (select from dispatch d where d.message_id = m.id))
order by m.id
on conflict do nothing

-- name: mark_erased_letters_again
-- Letters that a stopped sender wrote once more after a successor had settled them, and perhaps removed them.
insert into erased_letter (message_id)
select m.id from message m join party p on p.id = m.party_id
where m.id = any($1::uuid[]) and p.erased_by is not null
order by m.id
on conflict do nothing

-- name: load_erased_letters
-- Not those that a sender may be writing at this moment: their turn comes when they are settled.
select message_id from erased_letter e
where not exists (select from dispatch d where d.message_id = e.message_id)
order by message_id limit $1

-- name: drop_erased_letters
delete from erased_letter where message_id = any($1::uuid[])

-- name: save_consents
insert into consent (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[],
  $8::timestamptz[]) as given (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at)
order by event_id
on conflict do nothing

-- name: load_consents
select event_id::text, party_id, purpose, topic, channel, given, occurred_at, recorded_at
from consent where party_id = any($1::uuid[])

-- name: save_refunds
insert into refund (event_id, origin, sale_id, minor, currency, occurred_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])
  as given (event_id, origin, sale_id, minor, currency, occurred_at)
order by event_id
on conflict do nothing

-- name: load_refunds
select r.origin, r.sale_id, r.event_id::text, r.minor, r.currency, r.occurred_at
from unnest($1::text[], $2::text[]) as asked (origin, sale_id)
join refund r on r.origin = asked.origin and r.sale_id = asked.sale_id

-- name: save_ticket_changes
insert into ticket_change (event_id, ticket_id, party_id, open, occurred_at)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::timestamptz[])
  as given (event_id, ticket_id, party_id, open, occurred_at)
order by event_id
on conflict do nothing

-- name: load_ticket_changes
select event_id::text, ticket_id, party_id, open, occurred_at from ticket_change where party_id = any($1::uuid[])

-- name: load_followed
-- Triggers that were read before: nothing happens for them again.
select trigger_event_id::text as id from sale where trigger_event_id = any($1::uuid[])

-- name: load_due_messages
-- $2 and $3 are the first and the last due time. They bound the triggers' times, so that only the tables of these months
-- are searched: a timer stands all waits after its trigger, and a day more where an address is looked for.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign,
  m.campaign_version, m.follow_up, m.step, m.channel, m.due_at,
  s.party_version, s.partition, s.origin, s.sale_id, s.channel as sale_channel, s.minor, s.currency, s.skus,
  s.recorded_at, s.correlation_id, s.traceparent,
  exists (select from sale b where b.party_id = s.party_id and b.occurred_at < s.occurred_at) as repeat,
  case when m.step > 1 then (
    select p.reason from message p
    where p.party_id = m.party_id and p.triggered_at = m.triggered_at and p.enrolment_id = m.enrolment_id
      and p.step < m.step and p.outcome = 'skipped'
    order by p.step limit 1) end as failed
from message m join sale s on s.trigger_event_id = m.trigger_event_id
where m.id = any($1::uuid[]) and m.outcome is null
  and m.triggered_at >= $2::timestamptz - interval '2 days' - (select max(longest_wait) from campaign)
  and m.triggered_at <= $3

-- name: end_messages
-- Only once: the rows that come back are those that ended now.
update message m set outcome = given.outcome, reason = given.reason, ended_at = given.ended_at,
  consent_event_id = given.consent_event_id,
  deciding_event_ids = string_to_array(given.deciding, ',')::uuid[], content = given.content
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[], $8::text[])
  as given (id, triggered_at, outcome, reason, ended_at, consent_event_id, deciding, content)
where m.id = given.id and m.triggered_at = given.triggered_at and m.triggered_at between $9 and $10 and m.outcome is null
returning m.id

-- name: add_dispatches
insert into dispatch (message_id, triggered_at, trigger_event_id, party_id, consent_event_id, content, decided_at)
select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[])
  as given (message_id, triggered_at, trigger_event_id, party_id, consent_event_id, content, decided_at)
order by message_id

-- name: begin_dispatches
-- Take messages for this owner. Committed before the first byte leaves, so that a crash shows what may have been sent.
update dispatch set owner = $1, via = $3, begun_at = now(), number = number + 1
where message_id = any(array(
  select message_id from dispatch where owner is null and next_at <= now() order by next_at, message_id limit $2 for update skip locked
))
returning message_id, triggered_at

-- name: load_letters
-- What the letters of taken messages need. Product names stand in the order of the sale's lines, three at most.
select d.message_id, d.triggered_at, d.number, d.content, d.decided_at, d.consent_event_id::text,
  m.trigger_event_id::text, m.party_id, m.planned_at, m.enrolment_id, m.campaign, m.campaign_version, m.follow_up,
  m.step, m.channel, m.due_at,
  s.partition, s.sale_id, s.recorded_at, s.correlation_id, s.traceparent,
  p.name, p.email, p.locale, p.erased_by is not null as erased,
  array(select o.name from unnest(s.skus[1:3]) with ordinality as bought (sku, place) join product o using (sku)
        order by place) as products
from dispatch d
join message m on m.id = d.message_id and m.triggered_at = d.triggered_at
join sale s on s.trigger_event_id = d.trigger_event_id
left join party p on p.id = d.party_id
where d.message_id = any($1::uuid[]) and m.triggered_at between $2 and $3

-- name: settle_dispatches
-- An attempt is settled by its owner alone; what another took over does not come back.
delete from dispatch where message_id = any($1::uuid[]) and owner = $2 returning message_id

-- name: postpone_dispatches
-- Nothing was accepted, so another attempt is safe; $3 is how long to wait, in seconds.
update dispatch d set owner = null, begun_at = null, next_at = now() + make_interval(secs => given.wait)
from unnest($1::uuid[], $3::double precision[]) as given (message_id, wait)
where d.message_id = given.message_id and d.owner = $2

-- name: hold_owner
-- Held for the life of the connection: that it can be taken shows that the owner is gone.
select pg_try_advisory_lock(hashtextextended('marketing.sender ' || $1::text, 0))

-- name: load_other_owners
select distinct owner from dispatch where owner is not null and owner <> $1

-- name: owner_is_gone
select pg_try_advisory_xact_lock(hashtextextended('marketing.sender ' || $1::text, 0))

-- name: take_over_dispatches
-- Messages of an owner that is gone become ours to settle.
update dispatch set owner = $2 where owner = $1 returning message_id, triggered_at, via

-- name: open_message_month
select open_message_month($1::date)

-- name: prepare_audit
-- For the transaction: room for the counts of a window, and plans for the bounds that are given; a plan for any bounds
-- would read the sales from the first one on each time.
select set_config('work_mem', '32MB', true), set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: audit_window
-- The next $2 sales after a trigger: how many they are, the first and the last. Times as for the sales, null: open.
with sold as materialized (
  select trigger_event_id as id from sale
  where ($1::uuid is null or trigger_event_id > $1)
    and ($3::timestamptz is null or occurred_at >= $3) and ($4::timestamptz is null or occurred_at < $4)
  order by trigger_event_id limit $2
)
select (select count(*) from sold) as sales, (select id from sold order by id limit 1) as first,
  (select id from sold order by id desc limit 1) as last

-- name: count_audit
-- How many sales of a window are in each state; see follow_up_audit in the migrations.
select outcome, reason, count(*) as sales from follow_up_audit($1::uuid, $2::uuid, $3, $4) group by outcome, reason

-- name: list_audit
-- The first sales of a window that are in one state.
select s.trigger_event_id::text, s.party_id, s.origin, s.sale_id, s.occurred_at,
  a.enrolments, a.messages, a.sent, a.outcome, a.reason
from (
  select * from follow_up_audit($1::uuid, $2::uuid, $3, $4) where outcome = $5 order by trigger_event_id limit $6
) a
join sale s on s.trigger_event_id = a.trigger_event_id
order by s.trigger_event_id

-- name: find_merged_parties
-- A party, those merged into the same survivor, and the survivor.
with recursive up as (
  select $1::uuid as id
  union
  select party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
  select id from up
  union
  select party.id from party join family on party.merged_into = family.id
)
select id from family order by id

-- name: list_messages
-- The newest trigger first. A message that is handed over at this moment is `sending`, one that waits for it `cleared`.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.enrolment_id, m.campaign, m.campaign_version,
  m.follow_up, m.step, m.channel, m.due_at, m.planned_at, m.outcome, m.reason, m.ended_at, m.content,
  coalesce(m.consent_event_id, d.consent_event_id)::text as consent_event_id,
  m.deciding_event_ids::text[], d.number as attempt, d.owner, s.origin, s.sale_id
from message m
join sale s on s.trigger_event_id = m.trigger_event_id
left join dispatch d on d.message_id = m.id
where ($1::uuid[] is null or m.party_id = any($1))
  and ($2::uuid is null or (m.party_id, m.triggered_at) in (
    select t.party_id, t.occurred_at from sale t where t.trigger_event_id = $2) and m.trigger_event_id = $2)
  and ($3::text is null or coalesce(m.outcome, case when d.owner is not null then 'sending'
    when d.message_id is not null then 'cleared' else 'planned' end) = $3)
  and ($4::timestamptz is null or (m.triggered_at, m.id) < ($4, $5::uuid))
order by m.triggered_at desc, m.id desc limit $6

-- name: find_message
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.enrolment_id, m.campaign, m.campaign_version,
  m.follow_up, m.step, m.channel, m.due_at, m.planned_at, m.outcome, m.reason, m.ended_at, m.content,
  coalesce(m.consent_event_id, d.consent_event_id)::text as consent_event_id,
  m.deciding_event_ids::text[], d.number as attempt, d.owner, s.origin, s.sale_id
from message m
join sale s on s.trigger_event_id = m.trigger_event_id
left join dispatch d on d.message_id = m.id
where m.id = $1

-- name: list_enrolments
-- The newest trigger first: triggers are UUIDv7.
select id as enrolment_id, trigger_event_id::text, campaign, version as campaign_version, party_id, follow_up, started_at
from enrolment
where ($1::uuid is null or trigger_event_id = $1)
  and ($2::uuid[] is null or trigger_event_id in (select t.trigger_event_id from sale t where t.party_id = any($2)))
  and ($3::text is null or campaign = $3)
  and ($4::uuid is null or (trigger_event_id, campaign) < ($4, $5))
order by trigger_event_id desc, campaign desc limit $6

-- name: list_campaigns
-- The newest version of each, the stopped ones too.
select distinct on (name) name as campaign, version, follow_up, priority, definition_hash, published_at, stopped_at
from campaign where $1::text is null or name > $1 order by name, version desc limit $2

-- name: find_campaign
-- A version, or the newest one.
select name as campaign, version, follow_up, priority, definition_hash, definition, published_at, stopped_at
from campaign where name = $1 and ($2::integer is null or version = $2) order by version desc limit 1
