"""`python -m engine.decoding`: a decoding child; see `client`."""

from engine.decoding.child import main

if __name__ == "__main__":
    main()
