"""``python -m parzen.client.cli``: the command line without its console script."""

from parzen.client.cli import main

if __name__ == "__main__":
    main()
