-- Additions go to the projection that is being written, which the connection's search path names; lists are of the live one.
-- Rows come sorted by key, so that two instances wait for each other and never deadlock.

-- name: add_messages
-- Messages of a batch by day, campaign and outcome.
insert into campaign_day as had (day, campaign, outcome, partition, messages)
select * from unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
on conflict (day, campaign, outcome, partition) do update set messages = had.messages + excluded.messages;

-- name: add_tickets
-- Tickets of a batch by day and channel.
insert into ticket_day as had (day, channel, partition, opened)
select * from unnest($1::date[], $2::text[], $3::smallint[], $4::bigint[])
on conflict (day, channel, partition) do update set opened = had.opened + excluded.opened;

-- name: list_messages
-- By day, campaign and outcome, after the position ($3, $4, $5).
select day, campaign, outcome, sum(messages)::bigint as messages
from sales_v1.campaign_day
where day >= $1 and day < $2 and (day, campaign, outcome) > ($3, $4, $5)
group by day, campaign, outcome
order by day, campaign, outcome
limit $6;

-- name: list_tickets
-- By day and channel, after the position ($3, $4).
select day, channel, sum(opened)::bigint as opened
from sales_v1.ticket_day
where day >= $1 and day < $2 and (day, channel) > ($3, $4)
group by day, channel
order by day, channel
limit $5;
