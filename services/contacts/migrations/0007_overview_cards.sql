-- A party as lists show it.
create view party_card as
select
    id, name,
    json_build_object(
        'id', id, 'version', version, 'kind', coalesce(kind, 'person'), 'name', name, 'roles', roles, 'owner', owner,
        'merged_into', merged_into, 'registered_at', registered_at,
        'identities', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'id', identity.id, 'type', type, 'system', nullif(system, ''), 'value', value
                    )
                    order by type, system, value
                )
                from identity
                where identity.party_id = party.id
            ),
            '[]'
        )
    )::text as body
from party;
