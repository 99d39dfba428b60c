-- Who was asked to be enrolled by hand. A row stays once campaigns have heard of it: after a restore the topic tells every
-- request again, and none of them enrols anybody twice.
create table enrolment_request (
    event_id uuid primary key,
    campaign text not null,
    party_id uuid not null,
    partition smallint not null,
    requested_at timestamptz not null,
    heard_at timestamptz                      -- null: campaigns have yet to hear of it
);
create index enrolment_request_of_party on enrolment_request (party_id);
