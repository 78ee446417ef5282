"""One module per path of data: functions taking a unit of work and ``now``."""
