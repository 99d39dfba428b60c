-- How far each mailbox was read; another validity means that the server has numbered its mails anew.
create table mailbox (
    name text primary key,
    validity bigint not null,
    last_uid bigint not null
);

-- Every mail that came in, and what became of it. The text stands here only as long as nobody else has it: of mails that
-- were passed on it is the request's.
create table mail (
    id uuid primary key,
    kind text not null check (kind in ('request', 'held', 'auto', 'bounce')),
    sender text,
    subject text,
    body text,
    thread text,
    in_reply_to text,
    party_id uuid,
    request_event_id text,
    written_at timestamptz not null,
    received_at timestamptz not null
);
create index mail_sender on mail (sender, received_at) where sender is not null;
create index mail_party on mail (party_id) where party_id is not null;
create unique index mail_request on mail (request_event_id) where request_event_id is not null;
create index mail_unclaimed on mail (received_at, id) where party_id is null;

-- Contents of attachments, each once however often it was sent.
create table attachment_content (
    sha256 bytea primary key,
    content bytea not null
);

-- What was attached to mails. Where it was refused the content is not kept, and the reason says why.
create table attachment (
    mail_id uuid not null references mail (id) on delete cascade,
    place smallint not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    sha256 bytea references attachment_content (sha256),
    refused text check (refused in ('too_large', 'type_not_allowed', 'type_mismatch', 'too_many')),
    primary key (mail_id, place)
);
create index attachment_sha256 on attachment (sha256) where sha256 is not null;
