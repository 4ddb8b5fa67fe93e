"""The reverse of a call on whole arrays, by the rule that the table of calls holds."""
