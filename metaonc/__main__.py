"""`python -m metaonc` is the `metaonc` command."""

from metaonc.cli import main

if __name__ == "__main__":
    main()
