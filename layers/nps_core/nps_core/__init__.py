"""The layer that every function shares: one room per noun, above a ground of modules for all rooms.

The modules of the ground are pure: no I/O, no clock, no environment, except `config` and `clock`.
Each room keeps its rules, its ports and its adapters side by side. Nothing is imported here, so a
cold start loads only the rooms that its handler uses.
"""
