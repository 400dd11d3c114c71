"""Pure rules of worklists: what travels, who may work on what, when the work will be done."""
