"""`python -m bot.executors`: an engine process; see `engine_process`."""

from bot.executors.engine_process import main

if __name__ == "__main__":
    main()
