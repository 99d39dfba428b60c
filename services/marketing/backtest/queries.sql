-- name: load_past
-- Sales of a time, as they stand, each with the follow-up that enrolled it; $3 at most.
select s.trigger_event_id::text, s.party_id, s.party_version, s.partition, s.origin, s.sale_id, s.channel, s.minor,
  s.currency, s.skus, s.occurred_at, s.recorded_at, s.correlation_id, s.traceparent, s.email_id, s.cancelled_by::text,
  s.cancelled_at, exists (select from sale b where b.party_id = s.party_id and b.occurred_at < s.occurred_at) as repeat,
  (select min(e.campaign) from enrolment e where e.trigger_event_id = s.trigger_event_id and e.follow_up) as followed
from sale s where s.occurred_at >= $1 and s.occurred_at < $2 order by s.trigger_event_id limit $3

-- name: load_days
-- How often these parties were written to on which days.
select party_id, day, messages from message_day where party_id = any($1::uuid[]) and day between $2::date and $3::date

-- name: load_sent
-- What other campaigns sent these parties, or may have, within a time.
select party_id, campaign, ended_at from message
where party_id = any($1::uuid[]) and campaign <> $2 and outcome in ('sent', 'unknown')
  and ended_at between $3 and $4
