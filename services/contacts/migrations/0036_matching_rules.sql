-- What is compared of a party names the version of the rules by which its description was read; what was read by former
-- ones is found and read anew.
create index matching_record_rules on matching_record (coalesce((traits ->> 'rules')::integer, 0), party_id);
