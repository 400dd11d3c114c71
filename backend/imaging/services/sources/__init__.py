"""Sources: kept, tried, looked at by job or by the clock; senders received."""
