"""``python -m ubm_sync`` is the same as ``ubm-sync``."""

from ubm_sync.cli import main

if __name__ == "__main__":
    main()
