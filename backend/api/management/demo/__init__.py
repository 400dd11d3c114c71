"""What `make demo` shows: people, a cohort that Limn makes itself, projects, some finished work."""
