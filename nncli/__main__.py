"""`python -m nncli`."""

from nncli.cli.main import main

if __name__ == "__main__":
    main()
