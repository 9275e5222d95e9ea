"""Classic mode beside Debian's mosquitto: each module holds scenarios of one family."""
