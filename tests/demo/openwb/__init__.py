"""A small openWB home: physics in `house`, its two languages in `v19` and `v2`."""
