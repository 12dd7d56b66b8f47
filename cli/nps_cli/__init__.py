"""Operator CLI of NPS Loop: `nps`, the same for a local stack and for a deployed one."""
