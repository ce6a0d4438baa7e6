"""What things are: layouts, code lists, rules and tables, each declared once.

No file is read here and no clock is asked; every other package takes its column names from this one.
"""
