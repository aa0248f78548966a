"""The wire: messages and text operations as values, and their JSON; no socket, no clock, no anyio.

`messages` what is said · `codec` text to message and back · `operations` the edits of a text · `text` a text
and what an edit makes of it · `transform` concurrent edits · `objects` immutable JSON · `fields` what a field
admits · `shapes` JSON to values.
"""
