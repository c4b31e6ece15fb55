"""`python -m bot`: the `muralscape` command."""

from bot.cli import main

if __name__ == "__main__":
    main()
