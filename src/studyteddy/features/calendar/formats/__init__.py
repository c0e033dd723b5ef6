"""The formats in which calendars are exchanged. Pure: no database, no clock."""
