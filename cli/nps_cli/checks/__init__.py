"""The checks behind `nps doctor` and `nps connect`; each line with its fix."""
