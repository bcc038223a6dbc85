"""``python -m tunebook``: the command line."""

from tunebook.cli.main import main

main()
