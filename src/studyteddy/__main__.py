"""`python -m studyteddy`."""

from studyteddy.cli import main

if __name__ == "__main__":
    main()
