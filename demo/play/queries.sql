-- What the demo reads of the services' databases to watch how far they are. It writes nothing.

-- name: load_fences
-- How far each group is in each topic: partitions, handled offsets, the watermark of the slowest partition.
select group_id, topic, partition, next_offset, watermark, stopped from fence order by group_id, topic, partition;

-- name: load_trouble
-- What is left over: everything here is zero when all is done.
select
    (select count(*) from outbox) as outbox,
    (select count(*) from parked) as parked,
    (select count(*) from quarantine) as quarantined,
    (select count(*) from timer where failed is not null) as failed_timers,
    (
        select count(*) from timer where failed is null and greatest(due_at, not_before) <= $1::timestamptz
    ) as due_timers;

-- name: load_refusals
-- The first reasons of what was parked or quarantined; what is parked only behind another is left out.
select reason, detail, group_id, topic, partition, record_offset from parked where reason <> 'behind'
union all
select reason, '', group_id, topic, partition, record_offset from quarantine
order by topic, partition, record_offset
limit 10;

-- name: count_unsent
-- Marketing: messages that are cleared and not yet handed over.
select count(*) as unsent from dispatch;

-- name: count_unmerged
-- Contacts: pairs that are certainly one, and that nobody has looked at yet.
select count(*) as unmerged from duplicate where state = 'open' and certain and left_because is null;

-- name: count_alike
-- Contacts: the pairs that were suspected, those merged without asking, and the merges that were taken back.
select
    (select count(*) from duplicate) as suspected,
    (select count(*) from party_merge where automatic) as merged,
    (select count(*) from party_merge where undone_at is not null) as undone,
    (select count(*) from duplicate where state = 'open') as left_to_people;

-- name: count_unscored
-- Forecasting: cuts whose forecasts stand and whose scores do not.
select count(*) as unscored from job where not scored;

-- name: count_refits
-- Forecasting: how often the weekly models were fitted.
select count(*) as refits from model where name = 'weekly';

-- name: load_cuts
-- Forecasting: the day of the first sale, and the last cut whose forecasts and scores stand.
select
    (select min(day) from sales_v1.sold_day) as first_day,
    (select max(cut) from job where scored) as last_cut;

-- name: load_letters
-- Marketing: the first letters of a campaign that were sent.
select id from message where campaign = $1 and outcome = 'sent' order by triggered_at, id limit 40;
