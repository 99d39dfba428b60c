"""The rules of contacts, pure: clock, ids and settings are arguments."""
