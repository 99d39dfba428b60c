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
                        'id', carried.id, 'type', type, 'system', nullif(system, ''), 'value', value, 'shared', shared,
                        'primary', coalesce(party.primaries -> type ->> 0 = carried.id::text, false)
                    )
                    order by type, system, value
                )
                from party_identity as carried
                where carried.party_id = party.id
            ),
            '[]'
        )
    )::text as body
from party;
