-- What addresses are named with, here and on the topic. Without this key nobody can tell which address a name is of, not
-- even by trying all that they know; a backup has it, so that names which were told since are those of the same addresses.
create table address_key (
    key bytea not null
);
insert into address_key select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

create function pg_temp.name_of(address_hash text) returns uuid language sql as
$$ select encode(substring(sha256(key || convert_to(address_hash, 'UTF8')) for 16), 'hex')::uuid from address_key $$;

-- Names take the place of the plain hashes.
alter table stopped_address add column address_id uuid;
update stopped_address set address_id = pg_temp.name_of(address_hash);
alter table stopped_address drop column address_hash;
alter table stopped_address add primary key (address_id);

alter table lifted_address add column address_id uuid;
update lifted_address set address_id = pg_temp.name_of(address_hash);
alter table lifted_address drop column address_hash;
alter table lifted_address alter column address_id set not null;
create index lifted_address_by_address on lifted_address (address_id, lifted_at);

alter table soft_bounce add column address_id uuid;
update soft_bounce set address_id = pg_temp.name_of(address_hash);
alter table soft_bounce drop column address_hash;
alter table soft_bounce alter column address_id set not null;
create index soft_bounce_by_address on soft_bounce (address_id, bounced_at);

-- Soft bounces that stopped nothing wait for a description too, several of one address.
alter table stopped_identity drop constraint stopped_identity_pkey;
alter table stopped_identity add primary key (identity_id, cause, reason);
alter table stopped_identity drop constraint stopped_identity_reason_check;
alter table stopped_identity add constraint stopped_identity_reason_check
    check (reason in ('hard_bounce', 'soft_bounce', 'soft_bounces', 'complaint'));
