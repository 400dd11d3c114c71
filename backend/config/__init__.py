"""The only place where apps are put together: settings, addresses, processes."""
