-- name: lock_campaigns
-- Two instances that start together publish one after the other; any number will do for the lock.
select pg_advisory_xact_lock(7262019)

-- name: load_campaigns
-- The newest version of every campaign that was not stopped, and the flows that somebody may still be in.
select name, version, definition_hash, definition, stopped_at is null as in_force
from campaign where stopped_at is null or flow order by name, version

-- name: load_digests
-- What was published last of each name, by whom, and whether it is in force.
select distinct on (name) name, definition_hash, source, stopped_at is null as in_force
from campaign order by name, version desc

-- name: load_file_digests
-- What the files said when they were last published from.
select distinct on (name) name, definition_hash from campaign where source = 'files' order by name, version desc

-- name: close_flows
-- Stopped versions in which nobody is any more: they listen no longer. Somebody may wait for a date for years.
update campaign set flow = false
where flow and stopped_at < $1::timestamptz - longest_wait - interval '2 days'
  and not exists (
    select from flow as entered
    where entered.campaign = campaign.name and entered.version = campaign.version and entered.ended_at is null)

-- name: load_campaign_versions
-- Definitions in the versions that messages were planned with.
select c.name, c.version, c.definition, c.stopped_by::text
from unnest($1::text[], $2::integer[]) as asked (name, version)
join campaign c on c.name = asked.name and c.version = asked.version

-- name: find_longest_wait
-- Over all versions, since enrolments keep theirs.
select coalesce(max(longest_wait), interval '0') from campaign

-- name: next_campaign_version
-- Versions count from 1 for each name.
select coalesce(max(version), 0) + 1 from campaign where name = $1

-- name: stop_campaign
-- Also the older version, when a newer one takes its place.
update campaign set stopped_at = $2 where name = $1 and stopped_at is null

-- name: stop_planned
-- Of every version, since enrolments keep theirs. None comes back where there was nothing left to stop.
update campaign set stopped_by = $2 where name = $1 and stopped_by is null returning version

-- name: add_campaign
-- In force until it is stopped.
insert into campaign (name, version, follow_up, priority, definition_hash, definition, longest_wait, published_at,
  flow, source, type)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: list_campaigns
-- The newest version of each, the stopped ones too; mailings have a list of their own.
select distinct on (name) name as campaign, version, type, follow_up, priority, definition_hash, published_at, stopped_at
from campaign where source <> 'mailing' and ($1::text is null or name > $1) order by name, version desc limit $2

-- name: find_campaign
-- A version, or the newest one.
select name as campaign, version, type, follow_up, priority, definition_hash, definition, published_at, stopped_at
from campaign where name = $1 and ($2::integer is null or version = $2) order by version desc limit 1

-- name: find_newest
-- What the newest version of a campaign, or of a mailing, is.
select type, definition from campaign where name = $1 order by version desc limit 1
