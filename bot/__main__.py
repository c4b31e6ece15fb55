"""`python -m bot`: the `muralscape` command."""

from bot.cli.group import main

if __name__ == "__main__":
    main()
