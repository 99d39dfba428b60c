-- name: count_sent
-- Messages of a campaign that went out.
select count(*) from message where campaign = $1 and outcome = 'sent'

-- name: load_measures
-- How many messages of a campaign came back how, by people and by machines.
select kind, label, nullif(percent, 0) as percent, count(*) filter (where not machine) as people,
  count(*) filter (where machine) as machines
from returned where campaign = $1 group by kind, label, percent order by kind, label, percent limit 1000

-- name: count_letters
-- Messages that were opened and followed; a message counts once, however many of its links were.
select count(distinct message_id) filter (where kind = 'opened' and not machine) as opened,
  count(distinct message_id) filter (where kind = 'opened') as opened_by_all,
  count(distinct message_id) filter (where kind = 'clicked' and not machine) as clicked,
  count(distinct message_id) filter (where kind = 'clicked') as clicked_by_all
from (
  select message_id, case kind when 'shown' then 'clicked' else kind end as kind, machine
  from returned where campaign = $1 and kind in ('opened', 'clicked', 'shown')
) as visit

-- name: count_left
-- Messages by whose link their reader wanted nothing more.
select count(distinct message_id) from suppression where campaign = $1

-- name: count_replies
-- Answers by the links of a campaign's letters, by their value.
select survey, value, count(*) as answers from survey_reply where campaign = $1 group by survey, value

-- name: count_watched
-- Of each video the messages that came to each quarter, 0 for its page; who got far came by all before, also where that was
-- told by nobody.
with reached as (
  select label, message_id, max(percent) filter (where not machine) as people, max(percent) as anybody
  from returned where campaign = $1 and kind in ('shown', 'watched') group by label, message_id
)
select label, quarter as percent, count(*) filter (where people >= quarter) as people,
  count(*) filter (where anybody >= quarter) as with_machines
from reached, unnest(array[0, 25, 50, 75, 100]) as quarter
group by label, quarter order by label, quarter

-- name: count_steps
-- Enrolments that followed the link of a step ($2) in any of their letters; without a label those that did all of them.
with followed as (
  select m.enrolment_id, r.label, bool_or(not r.machine) as by_people
  from returned r join message m on m.id = r.message_id and m.campaign = r.campaign
  where r.campaign = $1 and r.kind = 'clicked' and r.label = any($2::text[])
  group by m.enrolment_id, r.label
)
select label, count(*) filter (where by_people) as people, count(*) as with_machines from followed group by label
union all
select null, count(*) filter (where of_people = cardinality($2)), count(*) filter (where of_all = cardinality($2))
from (
  select count(*) filter (where by_people) as of_people, count(*) as of_all from followed group by enrolment_id
) as done
