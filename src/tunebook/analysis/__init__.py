"""Pure figures about studies: what the pages, the report and the command line show."""
