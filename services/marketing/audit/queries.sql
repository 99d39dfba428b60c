-- name: prepare_audit
-- For the transaction: room for the counts of a window, and plans for the bounds that are given; a plan for any bounds
-- would read the sales from the first one on each time.
select set_config('work_mem', '32MB', true), set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: next_window
-- The next $2 sales after a trigger: how many they are, the first and the last. Times as for the sales, null: open.
with sold as materialized (
  select trigger_event_id as id from sale
  where ($1::uuid is null or trigger_event_id > $1)
    and ($3::timestamptz is null or occurred_at >= $3) and ($4::timestamptz is null or occurred_at < $4)
  order by trigger_event_id limit $2
)
select (select count(*) from sold) as sales, (select id from sold order by id limit 1) as first,
  (select id from sold order by id desc limit 1) as last

-- name: count_sales
-- How many sales of a window are in each state; see follow_up_audit in the migrations.
select outcome, reason, count(*) as sales from follow_up_audit($1::uuid, $2::uuid, $3, $4) group by outcome, reason

-- name: list_sales
-- The first sales of a window that are in one state.
select s.trigger_event_id::text, s.party_id, s.origin, s.sale_id, s.occurred_at,
  a.enrolments, a.messages, a.sent, a.outcome, a.reason
from (
  select * from follow_up_audit($1::uuid, $2::uuid, $3, $4) where outcome = $5 order by trigger_event_id limit $6
) a
join sale s on s.trigger_event_id = a.trigger_event_id
order by s.trigger_event_id

-- name: list_messages
-- The newest trigger first. A message that is handed over at this moment is `sending`, one that waits for it `cleared`.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.enrolment_id, m.campaign, m.campaign_version,
  m.follow_up, m.step, m.channel, m.due_at, m.planned_at, state.outcome, m.reason, m.ended_at, m.content,
  coalesce(m.consent_event_id, d.consent_event_id)::text as consent_event_id,
  m.deciding_event_ids::text[], d.number as attempt, s.origin, s.sale_id
from message m
left join sale s on s.trigger_event_id = m.trigger_event_id
left join dispatch d on d.message_id = m.id
cross join lateral (
  select coalesce(m.outcome, case when d.owner is not null then 'sending'
    when d.message_id is not null then 'cleared' else 'planned' end) as outcome
) as state
where ($1::uuid[] is null or m.party_id = any($1))
  and ($2::uuid is null or m.party_id in (
    select t.party_id from sale t where t.trigger_event_id = $2) and m.trigger_event_id = $2)
  and ($3::text is null or state.outcome = $3)
  and ($4::timestamptz is null or (m.triggered_at, m.id) < ($4, $5::uuid))
order by m.triggered_at desc, m.id desc limit $6

-- name: find_message
-- One message, as in the list.
select m.id, m.triggered_at, m.trigger_event_id::text, m.party_id, m.enrolment_id, m.campaign, m.campaign_version,
  m.follow_up, m.step, m.channel, m.due_at, m.planned_at,
  coalesce(m.outcome, case when d.owner is not null then 'sending'
    when d.message_id is not null then 'cleared' else 'planned' end) as outcome,
  m.reason, m.ended_at, m.content,
  coalesce(m.consent_event_id, d.consent_event_id)::text as consent_event_id,
  m.deciding_event_ids::text[], d.number as attempt, s.origin, s.sale_id
from message m
left join sale s on s.trigger_event_id = m.trigger_event_id
left join dispatch d on d.message_id = m.id
where m.id = $1

-- name: list_unconsented
-- Messages that went out, or may have, though nothing allowed them: no consent is named where one is needed, the one that
-- is named was not given by this party for this purpose, topic and channel, had ended, or a later withdrawal that was
-- recorded by the time the message was due stood against it. By months of the trigger; no message is expected.
select m.id as message_id, m.party_id, m.campaign, m.campaign_version, m.trigger_event_id::text, m.outcome, m.ended_at,
  m.consent_event_id::text
from message m
join campaign c on c.name = m.campaign and c.version = m.campaign_version
cross join lateral (
  select c.definition ->> 'purpose' as purpose, coalesce(c.definition ->> 'topic', '') as topic
) as asked
left join consent k on k.event_id = m.consent_event_id
where m.triggered_at >= $1 and m.triggered_at < $2 and m.outcome in ('sent', 'unknown') and asked.purpose <> 'service'
  and ($3::uuid is null or m.id > $3)
  and (
    k.event_id is null or not k.given or k.party_id <> m.party_id or k.purpose <> asked.purpose
    or k.channel <> m.channel or k.topic not in ('', asked.topic) or k.expires_at <= m.due_at
    or exists (
      select from consent w
      where w.party_id = m.party_id and not w.given and w.purpose = asked.purpose and w.channel = m.channel
        and w.topic in ('', asked.topic) and w.recorded_at <= m.due_at
        and least(w.occurred_at, w.recorded_at) >= least(k.occurred_at, k.recorded_at)
    )
  )
order by m.id limit $4
