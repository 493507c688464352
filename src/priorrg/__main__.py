"""``python -m priorrg``: the same as ``priorrg``."""

from priorrg.cli import main

if __name__ == "__main__":
    main()
