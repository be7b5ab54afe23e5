"""`python -m tui_tagger` is `tui-tagger`."""

from tui_tagger.cli import main

if __name__ == "__main__":
    main()
