-- Agents who were removed, and why; what they did stays theirs.
alter table agent add column removed text constraint agent_removed_check
check (removed in ('left', 'changed_team', 'other'));
create index agreement_manager on agreement (relationship_manager) where relationship_manager is not null;
