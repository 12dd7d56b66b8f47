"""The checks behind `nps doctor` and `nps connect`. Each result names its fix."""
