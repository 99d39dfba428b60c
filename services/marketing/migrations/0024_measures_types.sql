-- What kind of content a version is, by which it is measured.
alter table campaign add type text;
update campaign set type = case
    when exists (select from json_array_elements(definition -> 'steps') as step where step ->> 'survey' is not null)
        then 'survey'
    when definition ->> 'purpose' = 'service' then 'transactional'
    when source = 'mailing' then 'newsletter'
    else 'announcement'
end;
alter table campaign alter type set default 'announcement';
alter table campaign alter type set not null;
alter table campaign add constraint campaign_type_check
    check (type in ('announcement', 'newsletter', 'survey', 'video', 'tutorial', 'transactional'));

-- How many messages of a campaign were sent: the campaign of a message never changes, so that its ending stays cheap.
create index message_by_campaign on message (campaign) where campaign is not null;

-- By the letters of which campaign surveys are answered, and letters are left for good; what was said on the page of
-- choices leaves no campaign, and what was said before this version is counted for none.
alter table survey_reply add campaign text;
update survey_reply r set campaign = m.campaign from message m where m.id = r.message_id;
create index survey_reply_by_campaign on survey_reply (campaign, survey, value) where campaign is not null;
alter table suppression add campaign text;
create index suppression_by_campaign on suppression (campaign, message_id) where campaign is not null;
