"""Do the tutorial's claims hold? Trainings side by side, tables and curves."""
