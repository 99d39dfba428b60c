-- Every description of a party as it was published, so that the party can be shown as it was known at any time; the topic
-- keeps the newest alone.
create table party_revision (
    party_id uuid not null,
    version integer not null,
    recorded_at timestamptz not null,
    body json not null,
    primary key (party_id, version)
);

-- When contacts heard of it; null for what came before that was kept.
alter table lifecycle_fact add column recorded_at timestamptz;

create index party_merge_of on party_merge (merged_party_id);
