"""The local store: engine, models, journal, migrations."""
