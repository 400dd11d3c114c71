"""De-identification by DICOM PS3.15 Annex E: the standard's tables as data, a policy, an engine.

`standard` reads the tables, `policy` says what was chosen, `engine` applies it to a parsed data
set and `files` to the bytes of a file. `burned_in`, `text_boxes`, `reading` and `redact` look
after what is written into the pixels. Nothing here knows a database, a key's place or a person.
"""
