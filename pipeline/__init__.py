"""What happens: one module per stage, the store, the jobs and the command line."""
