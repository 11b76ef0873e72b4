"""`python -m lemlist_async`: the `lemlist-async` command."""

from lemlist_async.cli import main

if __name__ == "__main__":
    main()
