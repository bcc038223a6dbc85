"""The command line: one file per command. It reads arguments, calls the library, prints."""
